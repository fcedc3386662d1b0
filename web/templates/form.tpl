<form class="search" action="/" method="get" role="search">
  <label class="hidden" for="q">Search in all paragraphs</label>
  <input id="q" name="q" type="search" value="{{query}}" placeholder="Words or a &quot;phrase&quot;"
    dir="auto" enterkeyhint="search" autocapitalize="none" autocomplete="off" spellcheck="false"
    aria-keyshortcuts="/"{{' autofocus' if get('autofocus') else ''}}>
  <button type="submit">Search</button>
  <ul id="suggested" class="suggested" role="listbox" aria-label="Suggestions" hidden></ul>
</form>
