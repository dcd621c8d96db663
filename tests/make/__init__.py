"""What tests are made of: one factory per kind of thing, from a typed form to a certified vote.

The modules, from what needs nothing to what needs everything:

* :mod:`tests.make.votes` - one small vote straight from the core, and a voter who holds a token
* :mod:`tests.make.counts` - rules, projects and profiles for the counting methods
* :mod:`tests.make.records` - a whole record made in memory, with every secret that made it
* :mod:`tests.make.files` - pictures, tables and .pb files
* :mod:`tests.make.services` - a service in a folder, under a clock that the test moves
* :mod:`tests.make.people` - agencies, staff and residents
* :mod:`tests.make.calls` - a call as an officer types it, parsed, drafted or published
* :mod:`tests.make.proposals` - a proposal as a resident types it, submitted or decided
* :mod:`tests.make.boxes` - the core's small vote inside a real ballot box
* :mod:`tests.make.polls` - a call on its way to the result, through the real services
* :mod:`tests.make.visitors` - people at a browser: residents, staff, auditors

The first four know no service: the tests of the core need none. A form's values are a plain dict whose
names are the form's own (``{"grounds.0.weight": "2"}``); ``without=["grounds.1"]`` leaves fields out.
"""
