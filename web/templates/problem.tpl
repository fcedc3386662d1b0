% rebase('layout', title=f'{problem.title} – Passage', page_class='problem')
<h1>{{problem.title}}</h1>
<p>{{problem.detail}}</p>
% if problem.status == 503:
<p>This page answers as soon as there is an index. <a href="">Try again</a></p>
% else:
<p>Search for it above, <a href="{{urls.documents()}}">see what is indexed</a>, or <a href="{{urls.search()}}">start anew</a>.</p>
% end
