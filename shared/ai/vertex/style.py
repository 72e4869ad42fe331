"""How a digest is written in each language: style, lengths, and what minutes look like there.

The notes are in the language that they are about: a model that reads its instructions in a language stays in it, and
words such as 議事録 say more than their translation does. A language without notes of its own gets the English ones.

Japanese has two written styles. Listeners are spoken to, so the summary is in です・ます; minutes are a record in which
things are looked up, so they are in だ・である or end in a noun, as the minutes of companies do; titles end in a noun.
"""

from __future__ import annotations

from typing import Final

ENGLISH: Final = """\
- Title: what the episode is about, at most 60 characters, no full stop.
- Summary: for people who decide whether to listen; 60 to 120 words in three to six sentences, no "In this episode".
- Chapter titles: at most six words, no full stop.
- Minutes: one short sentence an entry, in the past tense for topics and decisions. Topics in the order of the talk;
  decisions only if somebody decides; an action item as "Who: what (by when)", leaving out who and when if nobody says
  it. A wish, an idea or an announcement is no decision and no action item.
- Keywords: nouns as one would search for them."""

JAPANESE: Final = """\
- タイトル：内容が分かる体言止め。30字以内。句点・番組名・回数は入れない。
- 要約：聴くかどうかを決める人のための紹介文。「です・ます」調、3〜5文、150〜300字。「今回のエピソードでは」で始めない。
- チャプター名：体言止めで15字以内。句点は付けない。
- 議事録（topics・decisions・action_items）：「だ・である」調または体言止めの短い一文で、一項目に一つの内容だけを書く。
  - topics は「議題」：話した順に、何についてどういう話が出たか。
  - decisions は「決定事項」：その場で決めたことだけ。意見・希望・感想・お知らせは含めない。
  - action_items は「アクションアイテム」：「担当：内容（期限：いつまで）」。
    担当や期限は、発言があったときだけ書き、推測で補わない。
- 人名の敬称（さん・先生など）は発言のとおりにする。
- 人名や固有名詞の漢字が分からないときは、用語集や出演者の表記を使い、なければカタカナで書く。
- 数字は半角の算用数字（例：3億円、第12回）。固有名詞の英字はそのまま書く。日本語の文字の間に空白を入れない。
- キーワード：検索に使う名詞。"""

CHINESE: Final = """\
- 标题：概括内容，不超过25个字，不加句号、节目名和期数。
- 摘要：写给考虑要不要收听的人，三到五句，120到250个字，用书面语。
- 章节标题：不超过12个字，不加句号。
- 会议纪要：每条一句话，只写一件事。topics 为议题，按谈话顺序；decisions 为决定事项，只写当场作出的决定；
  action_items 为待办事项，写成“负责人：内容（期限）”，没有说到的负责人和期限不要写。
- 使用与转写稿相同的简体或繁体字，汉字之间不加空格。"""

KOREAN: Final = """\
- 제목: 내용을 알 수 있는 명사형, 30자 이내, 마침표·프로그램 이름·회차 없이.
- 요약: 들을지 고르는 사람을 위한 소개. "-습니다"체로 3~5문장, 150~300자.
- 챕터 제목: 명사형으로 15자 이내.
- 회의록: 한 항목에 한 가지, "-함/-됨" 또는 명사형의 짧은 문장.
  topics는 안건(말한 순서), decisions는 그 자리에서 결정된 사항만,
  action_items는 "담당: 내용 (기한)"으로 쓰고 말하지 않은 담당과 기한은 쓰지 않음."""

GERMAN: Final = """\
- Titel: worum es geht, höchstens 60 Zeichen, ohne Punkt.
- Zusammenfassung: für Menschen, die überlegen, ob sie zuhören; 50 bis 110 Wörter in drei bis sechs Sätzen, sachlich, im
  Präsens, ohne „In dieser Folge“.
- Kapiteltitel: höchstens sechs Wörter, gern ein Substantiv, ohne Punkt.
- Protokoll: je Eintrag ein kurzer Satz. Themen in der Reihenfolge des Gesprächs; Beschlüsse nur, wenn etwas beschlossen
  wird; Aufgaben als „Wer: was (bis wann)“, ohne Wer und Wann, wenn es niemand sagt.
- Anrede und Titel der Personen so, wie sie gesagt werden."""

FRENCH: Final = """\
- Titre : le sujet, 60 caractères au plus, sans point.
- Résumé : pour qui se demande s'il va écouter ; 60 à 120 mots en trois à six phrases, au présent,
  sans « Dans cet épisode ».
- Titres des chapitres : six mots au plus, sans point.
- Compte rendu : une phrase courte par entrée. Sujets dans l'ordre de la conversation ; décisions seulement si l'on
  décide ; actions sous la forme « Qui : quoi (pour quand) », sans qui ni quand si personne ne le dit."""

SPANISH: Final = """\
- Título: de qué trata, 60 caracteres como máximo, sin punto.
- Resumen: para quien decide si escuchar; de 60 a 120 palabras en tres a seis frases, en presente,
  sin «En este episodio».
- Títulos de los capítulos: seis palabras como máximo, sin punto.
- Acta: una frase corta por entrada. Temas en el orden de la conversación; decisiones solo si alguien decide; tareas
  como «Quién: qué (para cuándo)», sin quién ni cuándo si nadie lo dice."""

NOTES: Final = {
    "en": ENGLISH,
    "ja": JAPANESE,
    "zh": CHINESE,
    "yue": CHINESE,
    "ko": KOREAN,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
}
"""By the primary subtag of BCP 47."""


def style_of(language: str) -> str:
    """How to write in that language, BCP 47, as lines for the model."""
    return NOTES.get(language.partition("-")[0].lower(), ENGLISH)
