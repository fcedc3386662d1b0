% opened = landing.paragraph if landing else None
% rebase('layout', title=f'{info.title} – Passage', page_class='reading')
% if query:
<div class="hitbar">
  <a href="{{urls.search(query)}}"><span aria-hidden="true">←</span> Results</a>
%   if hits:
  <p class="tally">{{count(hits, 'paragraph')}} here {{'matches' if hits == 1 else 'match'}} <q dir="auto">{{query}}</q></p>
  <div id="stepper" class="stepper" role="group" aria-label="Matching paragraphs" hidden>
    <button id="previous" type="button" aria-label="Previous match" aria-keyshortcuts="p">↑<span> Previous</span></button>
    <output id="position">{{hits}}</output>
    <button id="next" type="button" aria-label="Next match" aria-keyshortcuts="n"><span>Next </span>↓</button>
  </div>
%   else:
  <p class="tally">Nothing to mark here for <q dir="auto">{{query}}</q></p>
%   end
</div>
% end
% if ticks:
<nav class="strip" aria-label="Where in the document the matches are">
  <svg viewBox="0 0 1000 16" preserveAspectRatio="none" width="100%" height="16">
%   for tick in ticks:
%     name = f'Paragraph {tick.number}, at {tick.position:.0%}: {count(tick.count, "match").replace("matchs", "matches")}'
    <a href="#p{{tick.number}}" aria-label="{{name}}"><rect x="{{round(tick.position * 1000)}}" width="5" height="16"><title>{{name}}</title></rect></a>
%   end
  </svg>
</nav>
% end
% if landing and landing.state == 'changed':
<p class="notices">
  The text has changed since this link was made: the paragraph that it pointed at is gone.
%   if opened:
  <a href="#p{{opened.number}}">Paragraph {{opened.number}}</a> stands in its place now.
%   end
</p>
% end
<article class="document">
% for row in rows:
%   paragraph = row.paragraph
%   tag = {'title': 'h1', 'heading': 'h2', 'text': 'p'}[paragraph.kind]
  <div id="p{{paragraph.number}}" class="row{{' match' if row.hit else ''}}" tabindex="-1"{{' aria-current=true autofocus' if opened and paragraph.number == opened.number else ''}}>
    <a class="number" href="{{row.address}}" title="Link to this paragraph"><span class="hidden">Link to paragraph </span>{{paragraph.number or '¶'}}</a>
    <{{tag}} class="{{paragraph.kind}}" dir="auto">{{!row.html}}</{{tag}}>
%   if row.hit:
    <p class="ring">Match {{row.hit}} of {{hits}}
%     if hits > 1:
      <a href="#p{{row.previous}}">previous</a> <a href="#p{{row.next}}">next</a>
%     end
    </p>
%   end
%   if paragraph.kind == 'title':
    <p class="place">
%     include('facts', info=info)
    </p>
%   end
  </div>
% end
</article>
