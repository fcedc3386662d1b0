% for name, value in (('match', '' if asked.match == 'auto' else asked.match), ('scope', '' if asked.scope == 'paragraph' else asked.scope)):
%   if value:
<input type="hidden" name="{{name}}" value="{{value}}">
%   end
% end
% for each in asked.filters:
<input type="hidden" name="filter" value="{{each}}">
% end
