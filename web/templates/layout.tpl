<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<link rel="stylesheet" href="{{asset('app.css')}}">
<link rel="icon" href="{{asset('favicon.svg')}}" type="image/svg+xml">
<meta name="color-scheme" content="light dark">
% for relation, address in get('relations', {}).items():
<link rel="{{relation}}" href="{{address}}">
% end
<script src="{{asset('app.js')}}" defer></script>
<script src="{{asset('suggest.js')}}" defer></script>
</head>
<body class="{{get('page_class', '')}}">
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
  <a class="wordmark" href="/"><img src="{{asset('favicon.svg')}}" alt="" width="26" height="26">Passage</a>
% if not get('own_form'):
%   include('form')
% end
  <nav aria-label="Site">
    <a href="{{urls.documents()}}">Documents</a>
    <a href="{{urls.HELP}}">Help</a>
  </nav>
</header>
<main id="main" tabindex="-1">
{{!base}}
</main>
</body>
</html>
