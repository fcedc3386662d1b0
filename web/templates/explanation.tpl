<li>
% joined = {'sum': ' = sum of', 'best': ' = best of', 'product': ' = product of'}.get(explanation.how, '')
  <b>{{f'{explanation.value:.6g}'}}</b> <span dir="auto">{{explanation.text}}</span>{{joined if explanation.parts else ''}}
% if explanation.parts:
  <ul>
%   for part in explanation.parts:
%     include('explanation', explanation=part)
%   end
  </ul>
% end
</li>
