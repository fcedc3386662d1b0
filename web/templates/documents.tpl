% relations = {}
% if number > 1:
%   relations['prev'] = urls.documents(number - 1)
% end
% if number < pages:
%   relations['next'] = urls.documents(number + 1)
% end
% rebase('layout', title='Documents – Passage', relations=relations)
<div class="summary">
  <h1>{{count(found.total, 'document')}}</h1>
% if pages > 1:
  <p>{{start}}–{{end}}</p>
% end
</div>
<ol class="documents" start="{{start}}">
% for info in found.documents:
  <li>
    <h2><a href="{{urls.document(info.id)}}" dir="auto">{{info.title}}</a></h2>
    <p class="place">
%   include('facts', info=info)
    </p>
  </li>
% end
</ol>
% include('paging', address=urls.documents)
