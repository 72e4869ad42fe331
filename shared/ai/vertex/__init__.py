"""The analyst in the cloud: Gemini on Vertex AI hears and understands.

    settings.py    which model, where, and what an episode may cost
    client.py      VertexAIClient: the two halves of the analyst
    audio.py       how a chunk's audio reaches the model
    prompts.py     what the model is told
    style.py       how a digest is written in each language
    answers.py     the shapes it answers in
    judge.py       whether an answer may be believed; times.py reads its times
    ladder.py      what is asked next when it may not; halves.py cuts a chunk in two
    asking.py      asking until an answer may be believed
    believed.py    from a believed answer to the data that travels on
    speakers.py    labels of who speaks, and which of them are one person
    budget.py      what an episode may cost, before the first question and after each
    connection.py  one question over the wire, and what its errors mean

Only client.py, asking.py and connection.py import Google's library.
"""
