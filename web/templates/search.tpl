% relations = {}
% if number > 1:
%   relations['prev'] = urls.results(asked, number - 1)
% end
% if number < pages:
%   relations['next'] = urls.results(asked, number + 1)
% end
% place = f'page {number}' if number > 1 else ''
% parts = (short(query or ', '.join(asked.filters)), count(page.total, 'paragraph'), place, 'Passage')
% rebase('layout', title=' – '.join(filter(None, parts)), relations=relations)
<div class="summary">
% if page.total:
  <h1>{{count(page.total, 'paragraph')}} in {{count(page.documents, 'document')}}</h1>
  <p>
%   if pages > 1:
    {{start}}–{{end}} ·
%   end
    {{f'{page.took_ms:.1f}' if page.took_ms < 10 else f'{page.took_ms:.0f}'}} ms
  </p>
  <p class="ways">
%   if asked.scope == 'paragraph' and not asked.filters:
    <a href="{{urls.concordance(page.interpreted if page.relaxed else query)}}">Concordance</a> ·
%   end
    <a href="{{urls.explained(asked, number)}}">{{'Hide' if asked.explain else 'Explain'}} the scores</a>
  </p>
% else:
  <h1>No paragraph matches</h1>
% end
</div>
% if page.interpreted and page.interpreted.casefold() != query.strip().casefold():
<p class="understood">Understood as <b dir="auto">{{page.interpreted}}</b></p>
% end
% if asked.scope == 'document':
<p class="understood">Documents with these words in any of their paragraphs: the best paragraphs of each, together. <a href="{{urls.search(query)}}">Search in single paragraphs</a></p>
% end
% if page.warnings or page.partial:
<ul class="notices" aria-label="Notes on this search">
%   for warning in page.warnings:
  <li dir="auto">{{warning[:1].upper()}}{{warning[1:]}}{{'' if warning.endswith('.') else '.'}}</li>
%   end
%   if page.partial:
  <li>Time ran out before everything was looked at: there may be more.</li>
%   end
</ul>
% end
% if page.suggestions:
<section class="offers" aria-labelledby="suggestions">
  <h2 id="suggestions">{{'Or try' if page.total else 'Try instead'}}</h2>
  <ul>
%   for suggestion in page.suggestions:
    <li>
      <a href="{{urls.search(suggestion.text, scope=suggestion.scope)}}"><span dir="auto">{{suggestion.text}}</span></a>
      <span class="count">{{'in different paragraphs of a document · ' if suggestion.scope == 'document' else ''}}{{count(suggestion.total, 'paragraph')}}</span>
    </li>
%   end
  </ul>
</section>
% end
% include('narrow')
% if page.groups:
<ol class="groups" start="{{start}}">
%   for group in page.groups:
  <li>
    <h2><a href="{{urls.document(group.document.id, query)}}" dir="auto">{{group.document.title}}</a></h2>
    <p class="place">
%     include('facts', info=group.document)
    </p>
    <p>{{count(group.total, 'paragraph')}} found{{', of which the best:' if group.total > len(group.hits) else ':'}}</p>
    <ol class="hits">
%     for hit in group.hits:
%       include('hit', hit=hit)
%     end
    </ol>
%     if group.total > len(group.hits):
    <p><a href="{{urls.results(urls.within(asked, group.document.id))}}">All in this document</a></p>
%     end
  </li>
%   end
</ol>
%   include('paging', address=lambda number: urls.results(asked, number))
% elif page.hits:
<ol class="hits" start="{{start}}">
%   for hit in page.hits:
%     include('hit', hit=hit)
%   end
</ol>
%   include('paging', address=lambda number: urls.results(asked, number))
% elif not page.total:
<ul class="advice">
%   if in_wider:
  <li>Without what narrows it there {{'is' if in_wider == 1 else 'are'}} <a href="{{urls.results(wider)}}">{{count(in_wider, 'paragraph')}}</a>.</li>
%   end
  <li>Are all words spelt as the documents spell them?</li>
  <li>The beginning of a word, with a star, finds more: <kbd>begin*</kbd> finds beginnings and begins.</li>
  <li><a href="{{urls.documents()}}">See what is indexed</a>, or <a href="{{urls.HELP}}">read how to ask</a>.</li>
</ul>
%   include('try', heading='These find something')
% end
