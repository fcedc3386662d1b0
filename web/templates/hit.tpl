% paragraph, info = hit.paragraph, hit.document
% title = hit.snippet_html if paragraph.kind == 'title' else None
<li class="hit">
  <article>
    <h2><a href="{{urls.paragraph(paragraph, query)}}"><span dir="auto">
% if title:
{{!title}}
% else:
{{info.title}}
% end
</span><span class="hidden">, paragraph {{paragraph.number}}</span></a></h2>
    <p class="place">
% if title:
      <span>Title</span>
% else:
      <span>{{'Heading' if paragraph.kind == 'heading' else 'Paragraph'}} {{paragraph.number}} of {{info.paragraphs}}</span>
% end
% if paragraph.section:
      <span dir="auto">{{paragraph.section}}</span>
% end
    </p>
% if hit.before or hit.after:
    <details class="around">
      <summary>In context</summary>
%   for each in hit.before:
      <p class="neighbour {{each.kind}}" dir="auto">{{each.text}}</p>
%   end
    </details>
% end
% if not title:
    <p class="snippet {{paragraph.kind}}" dir="auto">{{!hit.snippet_html}}</p>
% end
% if hit.after:
    <div class="after">
%   for each in hit.after:
      <p class="neighbour {{each.kind}}" dir="auto">{{each.text}}</p>
%   end
    </div>
% end
  </article>
</li>
