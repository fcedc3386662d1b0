% rebase('layout', title='Passage', page_class='start', own_form=True)
<h1>Find the <mark>paragraph</mark>, not the file.</h1>
% include('form', autofocus=True)
% if status.documents:
<p class="stock">
  <a href="{{urls.documents()}}">{{count(status.documents, 'document')}}</a>,
  {{count(status.paragraphs, 'paragraph')}}, indexed
  <time datetime="{{status.built_at}}">{{when(status.built_at)}}</time>
</p>
% else:
<p class="stock">The index is there, and empty: no document has been put into it yet.</p>
% end
% include('try', heading='Try')
