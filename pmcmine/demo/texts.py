"""XML that the demo's articles contain: cases, tables, and what is hard to read."""

CASE = """<sec sec-type="case"><title>Case presentation</title><p>A 54-year-old woman presented with fever and seizures for two weeks.
Her past medical history included hypertension. Magnetic resonance imaging revealed a mass of 3 cm (<xref ref-type="fig" rid="fig1">Fig. 1</xref>).
The final diagnosis was bacterial meningitis.</p><p>The patient was treated with intravenous ceftriaxone. At the six-month follow-up, she had
recovered completely.</p></sec>"""
CASE_SERIES = """<sec sec-type="case"><title>Case reports</title><p>Case 1. A 3-month-old boy was admitted with vomiting. Ultrasound showed
a thickened pylorus (<xref ref-type="fig" rid="fig1">Fig. 1</xref>), and he was diagnosed with pyloric stenosis. He underwent pyloromyotomy and was
discharged after two days.</p><p>Case 2. A 61-year-old man complained of chest pain. Angiography revealed an occluded artery
(<xref ref-type="fig" rid="fig2">Fig. 2</xref>). He was diagnosed with myocardial infarction and treated with a stent. He died two weeks later.</p></sec>"""
HARD_BODY = """<sec id="s9"><title>Hard cases</title>
<p>Both panels agree (<xref ref-type="fig" rid="fig1 fig2">Figs. 1A and 2</xref>), at
<inline-formula><alternatives><tex-math>\\documentclass[12pt]{minimal}\\begin{document}$$p \\le 10^{-6}$$\\end{document}</tex-math>
<inline-graphic xlink:href="eq1.gif"/></alternatives></inline-formula>, as Fig. 2B shows, in 10<sup>6</sup> cells.</p>
<fig id="nested"><label>Figure 3.</label><caption><title>Parent figure.</title><p>It has a supplement.</p></caption>
<alternatives><graphic xlink:href="nested.jpg"/><graphic xlink:href="nested.gif" specific-use="thumbnail"/></alternatives>
<p><fig id="nested-s1" specific-use="child-fig"><label>Figure 3—figure supplement 1.</label>
<caption><title>Nested supplement.</title></caption><graphic xlink:href="missing-supplement"/></fig></p></fig>
<table-wrap id="tbl1"><label>Table 1</label><caption><p>A table that is an image.</p></caption>
<graphic xlink:href="table1"/></table-wrap>
<table-wrap id="tbl2"><label>Table 2</label><caption><title>Counts.</title></caption>
<table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>
<table-wrap-foot><p>See <xref ref-type="fig" rid="fig2">Figure 2</xref>.</p></table-wrap-foot></table-wrap></sec>"""
# Tables with header rows, a stub, spans, notes, formulas, line breaks and sections; two tables in one wrap.
TABLES = """<sec id="s8"><title>Tables</title>
<p>Doses and responses differ (<xref ref-type="table" rid="tab1">Table 1</xref>). Tables 1 and 2 list all groups, and
Table S1 the methods.</p>
<table-wrap id="tab1"><label>Table 1</label><caption><title>Response by dose.</title></caption>
<table frame="hsides"><colgroup><col align="left"/></colgroup>
<thead><tr><th rowspan="2">Group</th><th colspan="2">Response, mean ± SD</th><th rowspan="2"><italic>p</italic></th></tr>
<tr><th>Low dose</th><th>High dose</th></tr></thead>
<tbody><tr><td colspan="4"><bold>Age</bold></td></tr>
<tr><td>Under 40</td><td>1.5 ± 0.2</td><td>2.5 ± 0.4<xref ref-type="table-fn" rid="tn1"><sup>a</sup></xref></td><td>0.03*</td></tr>
<tr><td>40 and over</td><td>1.2 ± 0.1</td><td>10<sup>2</sup></td><td>&lt; 0.001**</td></tr>
<tr><td colspan="4"><bold>Site</bold></td></tr>
<tr><td>North | South</td><td colspan="2">not measured</td><td>–</td></tr></tbody></table>
<table-wrap-foot><fn id="tn1"><label>a</label><p>One value is missing.</p></fn></table-wrap-foot></table-wrap>
<table-wrap id="tab2"><label>Table 2</label><caption><p>Two models.</p></caption>
<table><thead><tr><th>Model</th><th>Term</th><th>Estimate</th></tr></thead>
<tbody><tr><td rowspan="2">Linear</td><td>Intercept</td><td>0.4</td></tr><tr><td>Slope</td><td>
<inline-formula><mml:math><mml:msup><mml:mi>β</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math></inline-formula></td></tr>
<tr><td>Mixed</td><td>Slope<break/>by site</td><td>1.1</td></tr></tbody></table>
<table><tr><td>N</td><td>84</td></tr></table></table-wrap></sec>"""
APPENDIX = """<app-group><app id="app1"><title>Appendix</title><table-wrap id="tabs1"><label>Table S1</label>
<table><thead><tr><th>Method</th><th>Unit</th></tr></thead><tbody><tr><td>Mass</td><td>kg/m<sup>2</sup></td></tr></tbody>
</table></table-wrap></app></app-group>"""
HARD_BACK = """<sub-article article-type="reply" id="sa1"><front-stub><title-group><article-title>Reply</article-title>
</title-group></front-stub><body><p>We thank the reviewer.</p><fig id="sa1fig1"><label>Reply figure</label>
<caption><p>Not of the article.</p></caption><graphic xlink:href="sa1fig1"/></fig></body></sub-article>"""
GRAPHICAL_ABSTRACT = """<abstract abstract-type="graphical"><p><fig id="ga1"><caption><p>Graphical abstract of the study.</p>
</caption><graphic xlink:href="ga1"/></fig></p></abstract>"""
