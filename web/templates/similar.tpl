% paragraph, info = found.paragraph, found.document
% same = [each for each in found.hits if each.kind == 'same']
% alike = [each.hit for each in found.hits if each.kind == 'similar']
% rebase('layout', title=f'Like paragraph {paragraph.number} of {short(info.title)} – Passage')
<div class="summary">
  <h1>Like this paragraph</h1>
</div>
<article class="hit">
  <h2><a href="{{urls.paragraph(paragraph)}}"><span dir="auto">{{info.title}}</span><span class="hidden">, paragraph {{paragraph.number}}</span></a></h2>
  <p class="place"><span>Paragraph {{paragraph.number}} of {{info.paragraphs}}</span></p>
  <p class="snippet {{paragraph.kind}}" dir="auto">{{paragraph.text}}</p>
</article>
% if others:
<p class="understood">Only other documents are shown. <a href="{{urls.similar(paragraph)}}">Show all</a></p>
% else:
<p class="understood"><a href="{{urls.similar(paragraph, other_documents=True)}}">Show only other documents</a></p>
% end
% if same:
<section class="likes" aria-labelledby="same">
  <h2 id="same">The same statement elsewhere</h2>
  <p class="understood">The words that only one of the two has are marked.</p>
  <ol class="hits">
%   for each in same:
%     hit = each.hit
    <li class="hit">
      <article>
        <h3><a href="{{urls.paragraph(hit.paragraph)}}"><span dir="auto">{{hit.document.title}}</span><span class="hidden">, paragraph {{hit.paragraph.number}}</span></a></h3>
        <p class="place"><span>Paragraph {{hit.paragraph.number}} of {{hit.document.paragraphs}}</span> <span>{{round(100 * hit.score)}}% of the words in common</span> <a href="{{urls.similar(hit.paragraph)}}">Similar paragraphs</a></p>
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
<section class="likes" aria-labelledby="alike">
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
