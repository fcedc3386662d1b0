% rebase('layout', title='Help – Passage', page_class='help')
% rows = [
%   ('words', 'one other', 'Paragraphs that have all the words, in any order and in any of their forms: treaty finds treaties. Where no paragraph has all of them, those with some are shown, and the page says so.'),
%   ('phrase', '"one other"', 'The words in this order, one after the other, as they are typed. Curly quotes do as well.'),
%   ('or', 'one OR other', 'Either, or both.'),
%   ('and', 'one AND other', 'Both. Words side by side mean the same, but only what AND joins is never relaxed to some of the words.'),
%   ('not', 'one NOT other', 'The first without the second.'),
%   ('minus', 'one -other', 'The same, shorter. It works before a phrase or a group, too.'),
%   ('plus', '+one other', 'The word with the plus must be there; the others only lift a paragraph up the list.'),
%   ('group', '(one OR other) third', 'Parentheses hold together what belongs together.'),
%   ('exact', '=word', 'The word as it is typed, in no other form. Words in quotes are meant so, too.'),
%   ('near', '"one other"~5', 'The words near each other: in any order, with at most five other words among them.'),
%   ('prefix', 'begin*', 'Every word that begins like this.'),
%   ('wildcard', 'w?rd, *word*', 'Every word of this shape: ? is one character, * any number of them. A question mark at the end of a word ends a sentence.'),
%   ('fuzzy', 'word~, word~2', 'The word with typing errors: one in words of up to five letters, else two, or as many as the number says. Two letters that changed places are one error.'),
%   ('regex', '/w[ao]rds?/', 'Every word that the regular expression describes from its first letter to its last.'),
%   ('boost', 'one^3 OR other', 'A word, phrase or group that counts three times; numbers from 0 to 100.'),
%   ('title', 'title:word, section:word, author:name', 'Words in the title of the document, in the nearest heading above the paragraph, in the name of the author. A phrase or a group may stand behind the colon.'),
%   ('date', 'date:2022-02, date:>2021, date:[2021 TO 2022-06]', 'Documents of a year, a month or a day, from then on (>, >=), until then (<, <=), or in between.'),
%   ('document', 'document:id, type:text, language:en, path:folder', 'Documents of this id, type or language, or in this folder and below it. A star at the end stands for any end.'),
% ]
<h1>How to ask</h1>
<p class="lead">Type words. Passage looks for paragraphs that have all of them, and puts the best first. The rest of this page is for asking more precisely.</p>
<dl class="forms">
% for form, syntax, meaning in rows:
%   example = examples.get(form)
  <div>
    <dt><kbd>{{syntax}}</kbd></dt>
    <dd>{{meaning}}
%   if example:
      <p>
        Here: <a href="{{urls.search(example.query)}}"><span dir="auto">{{example.query}}</span></a>
        <span class="count">{{count(example.total, 'paragraph')}}</span>
      </p>
%   end
    </dd>
  </div>
% end
</dl>
<section aria-labelledby="rules">
  <h2 id="rules">Good to know</h2>
  <ul class="rules">
    <li>Small and capital letters, accents, and the shapes of quotes and apostrophes make no difference. Only <kbd>AND</kbd>, <kbd>OR</kbd> and <kbd>NOT</kbd> are written in capitals.</li>
    <li>Fields (<kbd>title:</kbd>, <kbd>date:</kbd> and the like) narrow what is found. They lift nothing up the list, and are never left out to find more.</li>
    <li><kbd>OR</kbd> binds loosest: <kbd>a b OR c</kbd> means <kbd>(a b) OR c</kbd>.</li>
    <li>Nothing that you type is an error. What cannot be read as it stands is taken as words, and the page says what it made of it.</li>
    <li>Titles and headings are paragraphs too, and words in them lift the paragraphs below.</li>
    <li>The number beside a paragraph is its link. It finds the paragraph again when text is put in before it, and says so when the words have changed.</li>
  </ul>
</section>
<section aria-labelledby="keys">
  <h2 id="keys">Keys</h2>
  <dl class="keys">
    <div><dt><kbd>/</kbd></dt><dd>go to the search box</dd></div>
    <div><dt><kbd>Enter</kbd></dt><dd>search</dd></div>
    <div><dt><kbd>n</kbd></dt><dd>next match in a document</dd></div>
    <div><dt><kbd>p</kbd></dt><dd>previous match in a document</dd></div>
  </dl>
</section>
