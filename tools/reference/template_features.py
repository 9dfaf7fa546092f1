"""Small templates, one feature or quirk of Jinja2 each, as (template, variables)."""

DATA = {"n": 3, "f": 2.5, "s": "héllo World", "e": "", "none": None, "t": True, "d": {"b": 1, "A": [1, 2], "items": "own"},
        "l": [3, 1, 2], "words": ["b", "A", "c", "a"], "users": [{"name": "Zoe", "age": 3}, {"name": "adam", "age": 1},
                                                               {"name": "Bob", "age": 3, "tags": ["x"]}],
        "nested": {"a": {"b": {"c": [10, 20]}}}, "html": "<a href=\"x\">'&'</a>", "multi": "one\ntwo\n\nthree"}

LINES = r"""
plain text only
{{ n }}|{{ f }}|{{ s }}|{{ none }}|{{ t }}|{{ missing }}|{{ l }}|{{ d }}
{{ 1 + 2 * 3 ** 2 - 7 // 2 % 3 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** -1 }} {{ 6 / 3 }}
{{ 1.0 }} {{ 1e16 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1.5e300 * 1e10 }} {{ 1/3 }} {{ -0.0 }} {{ 100000000000000000.0 }}
{{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1.5_0 }} {{ 00 }}
{{ true and 0 }} {{ [] or 'x' }} {{ not '' }} {{ none or false }} {{ true + true }} {{ 'a' and 'b' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1, 2) == (1, 2) }} {{ 1 == 1.0 }} {{ 1 == '1' }} {{ true == 1 }}
{{ 'b' in d }} {{ 'x' not in d }} {{ 2 in l }} {{ 'ell' in 'hello' }} {{ 1 in missing }} {{ missing in l }}
{{ 1 in 5 }}
{{ 1 in 'abc' }}
{{ 1 < 'a' }}
{{ 'a' + 1 }}
{{ missing + 1 }}
{{ missing.attribute }}
{{ missing() }}
{{ n() }}
{{ 1 / 0 }}
{{ n.missing }}|{{ n['x'] }}|{{ l[10] }}|{{ l['x'] }}|{{ none.x }}
{{ n.missing.deeper }}
{{ 'a' ~ 1 ~ none ~ missing ~ [1] }}
{{ 'ab' * 3 }}{{ 2 * 'xy' }}{{ [1] * 2 }}{{ 'a' * -1 }}
{{ s[0] }}{{ s[-1] }}{{ s[1:3] }}{{ s[::-1] }}{{ s[::2] }}{{ s[10:2:-3] }}{{ l[:2] }}{{ l[-2:] }}{{ l[::-1] }}{{ (1,2,3)[1:] }}{{ s[5:1] }}
{{ 'x' if t else 'y' }}{{ 'x' if none }}{{ 1 if false else 2 if false else 3 }}
{{ 'x' if none else missing.y }}
{{ [1, 'a', None, 2.0, true, (1,), (), {}, 'it''s'] }}
{{ ["it's", 'say "hi"', "both ' and \"", "tab\t nl\n bs\\ é \u200b \x7f 🦙"] }}
{{ 'a\tb\x41\u00e9\101\q\'' }}|{{ "double \"q\"" }}|{{ 'ad' 'ja' "cent" }}
{{ (1, 2) }}{{ (1,) }}{{ () }}{{ 1, 2 }}
{{ {'a': 1, 2: 'b', none: none, (1, 2): 3} }}{{ {'a': 1, 'a': 2} }}{{ {1: 'a', true: 'b'} }}
{{ {[1]: 2} }}
{{ d.b }}{{ d['A'][1] }}{{ d.items is callable }}
{{ d['items'] }} {{ nested.a.b.c.1 }} {{ nested.a['b'].c[0] }}
{{ d.get('b') }} {{ d.get('zz') }} {{ d.get('zz', 5) }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.items() | list | length }}
{{ d.keys() }} {{ nested.items() }}
{{ l.append(4) }}
{{ d.pop('b') }}
{{ d.update is defined }}{{ l.append is defined }}{{ s.__class__ is defined }}
{{ s.__class__.x }}
{{ s.upper() }} {{ s.title() }} {{ s.capitalize() }} {{ s.swapcase() }} {{ 'ß ŉ ǆ İ ΑΣ ﬃ'.upper() }} {{ 'ß ŉ ǆ İ ΑΣ ﬃ'.lower() }} {{ 'ß ǆ'.title() }} {{ 'ß İ'.casefold() }}
{{ '  a b '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'abcba'.strip('ab') }}|{{ '\u3000x\u00a0'.strip() }}|
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ ' a b  c '.rsplit(maxsplit=1) }} {{ ''.split() }} {{ ''.split(',') }}
{{ 'abc'.split('') }}
{{ 'a\nb\r\nc\u2028d'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }}
{{ 'banana'.replace('a', 'o') }} {{ 'banana'.replace('a', 'o', 2) }} {{ 'abc'.replace('', '-') }} {{ ''.replace('', 'x') }} {{ 'aé'.replace('', '.', 2) }}
{{ 'banana'.find('an') }} {{ 'banana'.rfind('an') }} {{ 'é banana'.find('an') }} {{ 'x'.find('y') }} {{ 'banana'.count('an') }} {{ 'aaa'.count('') }} {{ 'banana'.find('a', 2) }} {{ 'banana'.index('n', -3) }}
{{ 'x'.index('y') }}
{{ 'hello'.startswith('he') }} {{ 'hello'.endswith(('x', 'lo')) }} {{ 'hello'.startswith('l', 2) }} {{ 'hello'.startswith('') }}
{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }}
{{ ','.join(['a', 'b']) }} {{ ''.join('abc') }} {{ '-'.join(d) }}
{{ ','.join([1]) }}
{{ 'a'.center(5, '*') }} {{ 'ab'.center(5) }}| {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3, '.') }} {{ '-5'.zfill(4) }} {{ 'a\tb'.expandtabs(4) }}
{{ 'abc'.isalpha() }}{{ '12'.isdigit() }}{{ 'a1'.isalnum() }}{{ ' '.isspace() }}{{ 'A'.isupper() }}{{ 'a'.islower() }}{{ 'Ab Cd'.istitle() }}{{ ''.isalpha() }}{{ 'é'.isascii() }}{{ 'a_1'.isidentifier() }}{{ '²'.isdecimal() }}{{ '²'.isdigit() }}
{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.py'.removesuffix('.py') }}
{{ '{} {1}'.format(1, 2) }}
{{ '{} {} {{}}'.format('a', 1.5) }} {{ '{1} {0}'.format('a', 'b') }} {{ '{x!r:>6}|{y[a]}|{z[1]}'.format(x='q', y={'a': 1}, z=[1, 2]) }} {{ '{:08.3f} {:+d} {:,} {:x} {:#b} {:e} {:.1%} {:^7}|{:<5}|{:>5}'.format(3.14159, 5, 1234567, 255, 5, 12345.678, 0.256, 'mid', 'l', 'r') }}
{{ '{:5}|{:<5}|{:05}|{}'.format(42, 42, -42, none) }} {{ '{:.2f}'.format(2) }} {{ '{:g}'.format(1e10) }} {{ '{:*^9.2s}'.format('abc') }} {{ '{:{w}}'.format('x', w=4) }}|
{{ '{x}'.format(1) }}
{{ '%s and %d%%' % ('a', 3) }} {{ '%5.2f|%-5s|%05d|%x|%X|%o|%e|%g|%r|%c' % (3.14159, 'ab', 42, 255, 255, 8, 1234.5, 0.0001, 'q', 'z') }} {{ '%(a)s' % {'a': 1} }} {{ '%s' % missing }} {{ '%+d % d' % (1, 2) }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ '%s' % (1, 2) }}
{{ s | upper }} {{ s | lower }} {{ 'foo bar-baz (qux' | title }} {{ 'fOO' | capitalize }} {{ 5 | upper }} {{ none | lower }}{{ missing | upper }}
{{ ' x ' | trim }}|{{ 'xax' | trim('x') }}|{{ 5 | trim }}|{{ none | trim }}
{{ 'aaa' | replace('a', 'b', 2) }} {{ 5 | replace(5, 6) }}
{{ l | length }} {{ s | length }} {{ d | count }} {{ missing | length }} {{ 'é🦙' | length }}
{{ n | length }}
{{ none | length }}
{{ l | join(', ') }} {{ users | join('-', attribute='name') }} {{ 'abc' | join('.') }} {{ [1, none, missing] | join('|') }}
{{ l | first }} {{ l | last }} {{ s | first }} {{ s | last }} {{ [] | first }} {{ [] | last }} {{ d | first }} {{ d | last }} {{ range(5) | last }} {{ missing | first }}{{ missing | last }}
{{ (l | map('string')) | last }}
{{ missing | default('x') }} {{ none | default('x') }} {{ '' | default('x', true) }} {{ none | d('y', boolean=true) }} {{ missing | default }}
{{ missing.x | default('x') }}
{{ '5' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ '0x1f' | int(0, 16) }} {{ 3.9 | int }} {{ '3.9' | int }} {{ -3.9 | int }} {{ none | int }} {{ ' 12 ' | int }} {{ '1_0' | int }} {{ true | int }} {{ 'inf' | int }}
{{ '2.5' | float }} {{ 'x' | float }} {{ 3 | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ 'nan' | float }} {{ [] | float(1) }}
{{ missing | int }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 42.55 | round(1, 'floor') }} {{ 42.51 | round(0, 'ceil') }} {{ 5 | round }} {{ 1234 | round(-2) }} {{ -2.5 | round }} {{ 0.5 | round | int }}
{{ -5 | abs }} {{ -2.5 | abs }} {{ (-5) | abs }}
{{ l | sort }} {{ l | sort(reverse=true) }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ users | sort(attribute='age') | map(attribute='name') | list }} {{ users | sort(attribute='age,name') | map(attribute='name') | list }}
{{ [1, 'a'] | sort }}
{{ d | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1, 'C': 2} | dictsort(true) }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }}
{{ 5 | dictsort }}
{{ [1, 1.0, 2, 'a', 'A'] | unique | list }} {{ words | unique(case_sensitive=true) | list }} {{ users | unique(attribute='age') | map(attribute='name') | list }}
{{ l | min }} {{ l | max }} {{ words | min }} {{ users | max(attribute='age') }} {{ [] | min }}
{{ l | sum }} {{ users | sum(attribute='age') }} {{ [0.1, 0.2] | sum }} {{ [[1], [2]] | sum(start=[]) }}
{{ ['a'] | sum }}
{{ l | reverse | list }} {{ 'abc' | reverse }} {{ d | reverse | list }}
{{ range(7) | batch(3) | list }} {{ range(7) | batch(3, 'x') | list }} {{ range(7) | slice(3) | list }} {{ range(7) | slice(3, 'x') | list }}
{% for g in users | groupby('age') %}{{ g.grouper }}:{{ g.list | map(attribute='name') | join(',') }};{% endfor %}
{% for age, items in users | groupby('age') %}{{ age }}={{ items | length }} {% endfor %}
{{ users | map(attribute='name') | join }} {{ users | map(attribute='tags.0', default='-') | list }} {{ words | map('upper') | list }} {{ ['a-b'] | map('replace', '-', '+') | list }}
{{ words | map('nosuch') | list }}
{{ words | map('nosuch') is defined }}
{{ [0, 1, '', 'x'] | select | list }} {{ [1, 2, 3] | select('odd') | list }} {{ [1, 2, 3] | reject('odd') | list }} {{ [1, 2, 3] | select('gt', 1) | list }} {{ users | selectattr('tags') | map(attribute='name') | list }} {{ users | selectattr('age', 'equalto', 3) | map(attribute='name') | list }} {{ users | rejectattr('tags', 'defined') | map(attribute='name') | list }} {{ users | selectattr('age', '==', 1) | list }}
{{ (words | map('upper')) is string }}{{ ' a b  c '.split(none, 1) }}{{ 'a\u00a0'.rsplit() }}
{{ words | map('upper') | length }}
{{ multi | indent }}|{{ multi | indent(2, true) }}|{{ multi | indent('> ', blank=true) }}
{{ html | e }} {{ html | escape | e }} {{ html | safe | e }} {{ html | forceescape }} {{ (html | safe) + '<b>' }} {{ '<b>' + (html | safe) }} {{ (html | e) ~ '<' }} {{ [html | safe] }} {{ ('%s' | safe) % '<' }} {{ ('<' | safe).join(['<', '>']) }} {{ ('{}' | safe).format('<') }} {{ (html | safe).replace('<', '&') }}
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(9, end='…', leeway=0) }}
{{ 'a b_c, d' | wordcount }} {{ 'ab' | center(6) }}| {{ 'é /?&' | urlencode }} {{ '%s-%s' | format(1, 'a') }} {{ d | attr('b') }}{{ s | attr('upper') is callable }}
{{ d | items | list | length }} {{ missing | items | list }} {% for k, v in nested | items %}{{ k }}={{ v }}{% endfor %}
{{ l | string }} {{ 5 | string | length }} {{ none | string }} {{ 'abc' | list }} {{ d | list }} {{ missing | list }}
{{ none | list }}
{{ s | nosuch }}
{% if false %}{{ s | nosuch }}{% endif %}ok
{% if true %}{% for x in l %}{{ x | nosuch }}{% endfor %}{% endif %}
{{ (s | nosuch) if false else 'fine' }}
{{ s is nosuch }}
{{ d | tojson }} {{ s | tojson }} {{ [1, 2.0, 1e20, none, true, 'a"\\/\n\u2028<>&\u007f\u0001'] | tojson }} {{ {'é': '🦙', 1: 2, none: 1, true: 0, 1.5: 1} | tojson(ensure_ascii=true) }}
{{ d | tojson(indent=2) }}|{{ [] | tojson(indent=2) }}|{{ {'a': {}, 'b': [[]]} | tojson(indent=1) }}|{{ d | tojson(indent='--') }}
{{ d | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ [1, 2] | tojson(indent=2, separators=(', ', ' = ')) }} {{ d | tojson(false, none) }} {{ (1, 2) | tojson }}
{{ missing | tojson }}
{{ range(3) | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ {'a': 1, 2: 1} | tojson(sort_keys=true) }}
{{ n is defined }}{{ missing is undefined }}{{ none is none }}{{ s is string }}{{ d is mapping }}{{ l is iterable }}{{ s is sequence }}{{ d is sequence }}{{ n is number }}{{ true is number }}{{ true is integer }}{{ n is integer }}{{ f is float }}{{ t is boolean }}{{ t is true }}{{ t is false }}{{ 1 is true }}
{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 1 is eq 1 }}{{ 1 is ne(2) }}{{ 'a' is in 'abc' }}{{ 2 is in([1]) }}{{ 'A' is upper }}{{ 'a' is lower }}{{ range is callable }}{{ html | e is escaped }}{{ 1 is sameas true }}{{ none is sameas none }}{{ 'upper' is filter }}{{ 'odd' is test }}{{ 3 is gt 2 }}{{ 3 is lessthan 2 }}
{{ n is not defined }}{{ s is not string and true }}{{ missing is iterable }}{{ missing is sequence }}{{ missing is callable }}{{ missing is mapping }}{{ range(3) is sequence }}{{ (l | map('string')) is sequence }}{{ d.items() is sequence }}{{ d.items is callable }}
{{ missing == missing2 }}{{ missing == none }}{{ missing != 1 }}{{ not missing }}{{ 'x' if missing else 'y' }}
{{ missing < 1 }}
{% for x in missing %}{{ x }}{% else %}none{% endfor %}
{% for x in none %}{% endfor %}
{% for x in l %}{{ loop.index }}/{{ loop.length }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.first }} {{ loop.last }} {{ loop.previtem }} {{ loop.nextitem }} {{ loop.depth }};{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ loop.last }}{% else %}no{% endfor %}{% for x in l if x > 9 %}{{ x }}{% else %}no{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }},{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'aé' %}[{{ c }}]{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x > 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in [1] %}{% continue %}{% else %}else runs{% endfor %}{% for x in [1] %}{% break %}{% else %}else runs{% endfor %}
{% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{{ loop.index }} {% endfor %}{{ loop.index }}{% endfor %}
{% for item in [{'c': [{'c': []}, {}]}, {}] recursive %}<{{ loop.depth }}{{ loop(item.c) if item.c }}>{% endfor %}
{% for x in l %}{{ loop(x) }}{% endfor %}
{% for x in [1, 2] %}{% set y = x %}{% endfor %}{{ y }}
{% set y = 0 %}{% for x in [1, 2] %}{{ y }}{% set y = x %}{{ y }}{% endfor %}{{ y }}
{% set ns = namespace(c=0, l=[]) %}{% for x in l %}{% set ns.c = ns.c + x %}{% set ns.l = ns.l + [x] %}{% endfor %}{{ ns.c }}{{ ns.l }}{{ ns.missing }}{{ ns }}
{% set ns = namespace({'a': 1}, b=2) %}{% set ns.a, z = 5, 6 %}{{ ns.a }}{{ ns.b }}{{ z }}
{% set n.x = 1 %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}{% set (d, e) = 'xy' %}{{ d }}{{ e }}
{% set x %}block {{ n }}{% set inner = 1 %}{% endset %}{{ x }}{{ inner }}{% set y | upper | replace('A', 'o') %}abca{% endset %}{{ y }}
{% if n == 3 %}{% set q = 'in if' %}{% endif %}{{ q }}{% if 0 %}a{% elif none %}b{% elif n %}c{% else %}d{% endif %}
{% macro m(a, b=2, *c) %}{% endmacro %}
{% macro m(a, b=a + 1, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=5, a=4) }}{{ m('q', 'r', 's') }}{{ m.name }}{{ m.arguments }}
{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}
{% macro m(a) %}[{{ a.b }}]{% endmacro %}{{ m() }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(z=2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m(*[1], **{'k': 'v'}) }}
{% macro m(a) %}{{ caller() }}{{ a }}{% endmacro %}{% call m(1) %}body {{ n }}{% endcall %}
{% macro m() %}{% for x in [1, 2] %}{{ caller(x, k=9) }}{% endfor %}{% endmacro %}{% call(v, k) m() %}<{{ v }}{{ k }}>{% endcall %}
{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}
{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
{% macro fact(k) %}{{ k if k < 2 else k * (fact(k - 1) | int) }}{% endmacro %}{{ fact(6) }}
{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}late{{ v }}{% endmacro %}{% set v = 1 %}{{ a() }}{% set v = 2 %}{{ a() }}
{% set v = 'outer' %}{% macro m() %}{{ v }}{% set v = 'inner' %}{{ v }}{% endmacro %}{{ m() }}{{ v }}{% for v in [1] %}{{ m() }}{% endfor %}
{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}
{% filter upper %}a{{ s }}{% set z = 1 %}{% endfilter %}{{ z }}{% filter replace('a', 'b') | indent(2) %}a
a{% endfilter %}
{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 2 %}{% endwith %}{{ a }}{{ c }}{% with %}{% set n = 9 %}{{ n }}{% endwith %}{{ n }}
{% generation %}said {{ n }}{% set g = 1 %}{% endgeneration %}{{ g }}
{% raw %}{{ not }} {% this %}{% endraw %} {%- raw -%}  x  {%- endraw %}
{# comment #}a{#- strip -#}  b {#+ keep #}
{% print n, s %}
{{ range(3) | list }}{{ range(1, 10, 3) | list }}{{ range(5, 0, -2) | list }}{{ range(3) }}{{ range(3)[1] }}{{ range(3)[-1] }}{{ range(0) | length }}{{ range(5)[1:3] }}
{{ range(1, 5, 0) }}
{{ range('a') }}
{{ dict(a=1, b=2) }}{{ dict([('x', 1)]) }}{{ dict(d, b=5).b }}{{ dict.fromkeys('ab', 1) }}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}{% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}
{{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %A %j %p %I %y %% %f %Z') }}
{{ raise_exception('no ' ~ n) }}
{{ [].index(1) }}
{{ [1, 2, 1].count(1) }}{{ [1, 2].index(2) }}{{ (1, 2).index(1) }}{{ d.copy() == d }}
{{ s.nosuch is defined }}{{ s.nosuch() }}
{{ 9223372036854775807 }} {{ -9223372036854775807 - 1 }}
{% set x = 5 %}{{ x }}{% if x %}{{ x - 1 if x > 1 else 0 }}{% endif %}{{ not x }}{{ -x }}{{ +x }}{{ - -x }}{{ -x ** 2 }}{{ 2 ** 3 ** 2 }}
{{ n | string | upper ~ 'x' }}{{ -1 | abs }}{{ (1 if 0 else 2) + 3 }}{{ 'a' 'b' | upper }}{{ 'a' is string and 'b' is not number }}{{ {'a': {'b': 1}}.a.b }}{{ [1, 2][0] }}{{ 'abc'[1] }}{{ ('a', 'b')[1] }}{{ 'x'.upper()[0] }}
{{ 'unclosed
{% if n %}
{% endif %}
{% for %}{% endfor %}
{{ n | }}
{% nosuch %}
{{ 1 2 }}
{{ 'a' is string is string }}
{% break %}
{% set true = 1 %}
{{ f(a=1, 2) }}
{{ (1 }}
{{ } }}
{% macro m(a=1, b) %}{% endmacro %}
{% for loop in l %}{{ loop }}{% endfor %}
{{ "%s" | format(s) }}{{ s|length > 3 }}{{ l|length == 3 and true }}{{ not l|length }}
{% for m in users %}{% if m.age == 3 and not loop.last %}{{ m['name'] + '\n' }}{% endif %}{% endfor %}
{{ users[0]['name'][:2] ~ (users | length) }}{{ users[-1].tags[0] }}{{ users[5].name is defined }}
"""

BLOCKS = [
    "{% for x in l %}\n  {{ x }}\n{% endfor %}\nend\n",
    "  {% if n %}\n    a\n  {% endif %}\n  b\n\n",
    "a\n   {%- if n %}   b   {%- endif -%}   \n c",
    "a  \n  {{- n -}}  \n  b {{ n }}\n\nc",
    "{%+ if n %}x{% endif +%}\n y",
    "  {# c #}\n a\n  {#- c -#}\n b",
    "\n\n{{ n }}\n\n",
    "x {% if n %} y {% endif %} z\n{% set a = 1 %}   \n{{ a }}",
    "\t {% set a = 1 %}\n \t{{ a }}\r\nb\rc\r\n",
    "a{% raw %}\n  {% b %}\n  {% endraw %}\nc",
    "{% macro m(x) %}\n  <{{ x }}>\n{% endmacro %}\n{{ m(1) }}\n{{ m(2) -}}\n!",
    "{%- for m in users -%}\n  {{- m.name }}: {% if loop.last -%}  last {%- else -%} more {% endif -%}\n{%- endfor -%}\n",
    "{{ {\n 'a': 1,\n 'b': [1,\n 2]\n}.b }}",
    "{{ '{{ x }}' }}{{ \"%}\" }}{% set s = '#}' %}{{ s }}",
    "{{ '}}' }} }} %} #} { {",
    "\u3000{%- if n %}\u00a0{%- endif %}x\u2003{{- n }}",
    "{% set x -%}  a  {%- endset %}[{{ x }}]",
    "{#- multi\nline -#}\n  x {# a #} {# b #}\n",
    "   {% for x in l -%}\n   {{ x }},\n   {%- endfor %}\n",
]


def cases():
    for line in LINES.strip("\n").split("\n"):
        yield line, DATA
    for block in BLOCKS:
        yield block, DATA
