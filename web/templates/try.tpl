% meanings = {
%   'words': 'all of the words',
%   'phrase': 'these words in this order',
%   'or': 'either word',
%   'not': 'one without the other',
%   'prefix': 'words that begin like this',
% }
% shown = [(examples[form], meaning) for form, meaning in meanings.items() if form in examples]
% if shown:
<section class="offers" aria-labelledby="try">
  <h2 id="try">{{heading}}</h2>
  <ul>
% for example, meaning in shown:
    <li>
      <a href="{{urls.search(example.query)}}"><span dir="auto">{{example.query}}</span></a>
      <span class="count">{{meaning}} · {{count(example.total, 'paragraph')}}</span>
    </li>
% end
  </ul>
</section>
% end
