"""The analyst in the cloud: Gemini on Vertex AI hears and understands.

    settings.py    which model, where, and what an episode may cost
    client.py      VertexAIClient: the two halves of the analyst
    audio.py       how a chunk's audio reaches the model
    prompts.py     what the model is told
    answers.py     the shapes it answers in
    judge.py       whether an answer may be believed
    ladder.py      what is asked next when it may not
    connection.py  one question over the wire, and what its errors mean

Only client.py and connection.py import Google's library.
"""
