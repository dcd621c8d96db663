"""The demo city: invented districts and people, and calls in every stage, all made by the real service.

Nothing in it is mocked. What is special stands in ``config/demo.toml``, which production refuses.
"""
