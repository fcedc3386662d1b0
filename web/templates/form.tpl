<form class="search" action="/" method="get" role="search">
  <label class="hidden" for="q">Search in all paragraphs</label>
  <input id="q" name="q" type="search" value="{{query}}" placeholder="Words or a &quot;phrase&quot;"
    dir="auto" enterkeyhint="search" autocapitalize="none" autocomplete="off" spellcheck="false"
    aria-keyshortcuts="/"{{' autofocus' if get('autofocus') else ''}}>
% if get('asked'):
%   include('kept')
%   for name, value, default in (('sort', asked.sort, 'score'), ('group', asked.group, 'none')):
%     if value != default:
  <input type="hidden" name="{{name}}" value="{{value}}">
%     end
%   end
% end
  <button type="submit">Search</button>
  <ul id="suggested" class="suggested" role="listbox" aria-label="Suggestions" hidden></ul>
</form>
