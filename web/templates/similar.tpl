% paragraph, info = found.paragraph, found.document
% same = [each for each in found.hits if each.kind == 'same']
% alike = [each.hit for each in found.hits if each.kind == 'similar']
% rebase('layout', title=f'Like paragraph {paragraph.number} of {short(info.title)} – Passage')
<div class="summary">
  <h1>Like this paragraph</h1>
</div>
<article class="asked">
  <p class="place"><a href="{{urls.paragraph(paragraph)}}"><span dir="auto">{{info.title}}</span>, paragraph {{paragraph.number}}</a></p>
  <blockquote dir="auto">{{paragraph.text}}</blockquote>
</article>
% if others:
<p>Only other documents are shown. <a href="{{urls.similar(paragraph)}}">Show all</a></p>
% else:
<p><a href="{{urls.similar(paragraph, other_documents=True)}}">Show only other documents</a></p>
% end
% if same:
<section aria-labelledby="same">
  <h2 id="same">The same statement elsewhere</h2>
  <p>The words that only one of the two has are marked.</p>
  <ol class="hits">
%   for each in same:
%     hit = each.hit
    <li class="hit">
      <article>
        <h3><a href="{{urls.paragraph(hit.paragraph)}}"><span dir="auto">{{hit.document.title}}</span>, paragraph {{hit.paragraph.number}}</a></h3>
        <p class="place"><span>{{round(100 * hit.score)}}% of the words in common</span> <a href="{{urls.similar(hit.paragraph)}}">Similar paragraphs</a></p>
        <dl class="compared">
          <dt>Here</dt>
          <dd dir="auto">{{!each.here_html}}</dd>
          <dt>There</dt>
          <dd dir="auto">{{!each.there_html}}</dd>
        </dl>
      </article>
    </li>
%   end
  </ol>
</section>
% end
% if alike:
<section aria-labelledby="alike">
  <h2 id="alike">Similar paragraphs</h2>
  <ol class="hits">
%   for hit in alike:
%     include('hit', hit=hit)
%   end
  </ol>
</section>
% end
% if not found.hits:
<p>Nothing else in the index has its words.</p>
% end
