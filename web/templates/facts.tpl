% if info.author:
      <span dir="auto">{{info.author}}</span>
% end
% if info.date:
      <span>{{info.date}}</span>
% end
      <span>{{count(info.paragraphs, 'paragraph')}}</span>
      <span>{{count(info.words, 'word')}}</span>
      <span class="path" dir="auto">{{info.path}}</span>
% if info.source:
      <a href="{{info.source}}" rel="noreferrer">Original</a>
% end
