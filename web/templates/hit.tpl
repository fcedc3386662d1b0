% paragraph, info = hit.paragraph, hit.document
<li class="hit">
  <article>
    <h2><a href="{{urls.paragraph(paragraph, query)}}">
% if paragraph.kind == 'title':
      <span dir="auto">{{!hit.snippet_html}}</span>
% else:
      <span dir="auto">{{info.title}}</span><span class="hidden">, paragraph {{paragraph.number}}</span>
% end
    </a></h2>
    <p class="place">
% if paragraph.kind == 'title':
      <span>Title</span>
% else:
      <span>{{'Heading' if paragraph.kind == 'heading' else 'Paragraph'}} {{paragraph.number}} of {{info.paragraphs}}</span>
% end
% if paragraph.section:
      <span dir="auto">{{paragraph.section}}</span>
% end
      <a href="{{urls.similar(paragraph)}}">Similar paragraphs</a>
    </p>
% if hit.before or hit.after:
    <details class="around">
      <summary>In context</summary>
%   for each in hit.before:
      <p class="neighbour {{each.kind}}" dir="auto">{{each.text}}</p>
%   end
    </details>
% end
% if paragraph.kind != 'title':
    <p class="snippet {{paragraph.kind}}" dir="auto">{{!hit.snippet_html}}</p>
% end
% if hit.after:
    <div class="after">
%   for each in hit.after:
      <p class="neighbour {{each.kind}}" dir="auto">{{each.text}}</p>
%   end
    </div>
% end
% if hit.explanation:
    <details class="why" open>
      <summary>Why this result: {{f'{hit.score:.4f}'}}</summary>
      <ul>
%   include('explanation', explanation=hit.explanation)
      </ul>
    </details>
% end
  </article>
</li>
