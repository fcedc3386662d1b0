% if pages > 1:
<nav class="paging" aria-label="Pages">
%   if number > 1:
  <a href="{{address(number - 1)}}" rel="prev">Previous</a>
%   else:
  <span></span>
%   end
  <span aria-current="page">Page {{number}} of {{pages}}</span>
%   if number < pages:
  <a href="{{address(number + 1)}}" rel="next">Next</a>
%   else:
  <span></span>
%   end
</nav>
% end
