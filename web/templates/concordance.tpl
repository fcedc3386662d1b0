% relations, address = {}, lambda number: urls.concordance(query, found.request.sort, number)
% if number > 1:
%   relations['prev'] = address(number - 1)
% end
% if number < pages:
%   relations['next'] = address(number + 1)
% end
% names = {
%   'document': 'order of the documents',
%   'left': 'first word on the left', 'left2': 'second on the left', 'left3': 'third on the left',
%   'keyword': 'the word itself',
%   'right': 'first word on the right', 'right2': 'second on the right', 'right3': 'third on the right',
% }
% rebase('layout', title=' – '.join(filter(None, (short(query), 'Concordance', 'Passage'))), page_class='wide', relations=relations)
<div class="summary">
% if query:
  <h1>{{'No occurrence' if not found.total else count(found.total, 'occurrence')}} of <span dir="auto">{{short(query)}}</span></h1>
% else:
  <h1>Concordance</h1>
% end
% if found.lines:
  <p>{{start}}–{{end}}</p>
% end
</div>
<form class="sorting" action="/concordance" method="get">
  <label>Words <input name="q" type="search" value="{{query}}" dir="auto"></label>
  <label>Sorted by
    <select name="sort">
% for order in orders:
      <option value="{{order}}"{{' selected' if order == found.request.sort else ''}}>{{names[order]}}</option>
% end
    </select>
  </label>
  <button type="submit">Show</button>
</form>
% if found.warnings:
<ul class="notices" aria-label="Notes on this concordance">
%   for warning in found.warnings:
  <li dir="auto">{{warning[:1].upper()}}{{warning[1:]}}.</li>
%   end
</ul>
% end
% if found.lines:
<table class="concordance" dir="{{direction}}">
  <thead class="hidden">
    <tr><th scope="col">Before</th><th scope="col">Word</th><th scope="col">After</th><th scope="col">Paragraph</th></tr>
  </thead>
  <tbody>
%   for line in found.lines:
%     left, opening, closing, right = beside(line)
    <tr>
      <td dir="auto">{{left}}</td>
      <td dir="auto"><span class="keyword">{{opening}}<a href="{{urls.paragraph(line.paragraph, query)}}"><mark>{{line.keyword}}</mark></a>{{closing}}</span></td>
      <td dir="auto">{{right}}</td>
      <td><span dir="auto">{{line.document.title}}</span>, {{line.paragraph.number}}</td>
    </tr>
%   end
  </tbody>
</table>
%   include('paging', address=address)
% elif query:
<p><a href="{{urls.search(query)}}">Search for it</a>: that offers other spellings, and what has some of the words.</p>
% else:
<p>Every occurrence of a word, a <kbd>"phrase"</kbd> or a <kbd>pattern*</kbd> is shown in a line, with what stands beside it.</p>
% end
