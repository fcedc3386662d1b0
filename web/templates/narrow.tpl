% names = {'type': 'Type', 'language': 'Language', 'author': 'Author', 'year': 'Year', 'month': 'Month', 'folder': 'Folder', 'document': 'Document'}
% useful = [facet for facet in page.facets if len(facet.values) > 1]
% if asked.filters:
<section class="narrowed" aria-labelledby="filters">
  <h2 id="filters">Narrowed to</h2>
  <ul>
%   for each in asked.filters:
%     field, _, value = each.partition(':')
    <li>
      <span dir="auto">{{'not ' if field.startswith('-') else ''}}{{field.lstrip('-')}}: {{value}}</span>
      <a href="{{urls.results(urls.toggled(asked, field, value))}}">Remove<span class="hidden"> the filter {{each}}</span></a>
    </li>
%   end
  </ul>
</section>
% end
% if page.total > 1 and asked.scope == 'paragraph':
<form class="order" action="/" method="get" aria-label="Order">
  <input type="hidden" name="q" value="{{query}}">
%   include('kept')
  <label>Order
    <select name="sort">
%   for value, label in (('score', 'best first'), ('date:desc', 'newest first'), ('date:asc', 'oldest first'), ('document', 'by document')):
      <option value="{{value}}"{{' selected' if asked.sort == value else ''}}>{{label}}</option>
%   end
    </select>
  </label>
  <label><input type="checkbox" name="group" value="document"{{' checked' if asked.group == 'document' else ''}}> Grouped by document</label>
  <button type="submit">Apply</button>
</form>
% end
% if page.total > 1:
<p class="export">All of it: <a href="{{urls.csv(asked)}}" download>as a table (CSV)</a>, <a href="{{urls.export(asked)}}">as JSON lines</a></p>
% end
% if useful:
<details class="facets"{{' open' if asked.filters else ''}}>
  <summary>Narrow the results</summary>
%   for facet in useful:
  <section aria-labelledby="facet-{{facet.name}}">
    <h2 id="facet-{{facet.name}}">{{names[facet.name]}}</h2>
    <ul>
%     for value in facet.values:
      <li>
        <a href="{{urls.results(urls.toggled(asked, facet.name, value.value))}}" aria-current="{{'true' if value.selected else 'false'}}"><span dir="auto">{{value.label}}</span></a>
        <span class="count">{{f'{value.count:,}'}}</span>
        <a href="{{urls.results(urls.toggled(asked, '-' + facet.name, value.value))}}" aria-current="{{'true' if value.excluded else 'false'}}">{{'excluded' if value.excluded else 'exclude'}}<span class="hidden"> {{value.label}}</span></a>
      </li>
%     end
    </ul>
%     if facet.more:
    <p>and {{f'{facet.more:,}'}} more</p>
%     end
  </section>
%   end
</details>
% end
