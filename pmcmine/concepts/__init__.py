"""Link text to the concepts of a vocabulary (`pmcmine.vocabulary`).

`matcher` finds names in text, `abbreviations` reads their long and short forms, `context` decides negation and
uncertainty, `scoring` gives each match a probability, and `linker` combines them.
"""
