"""Who a person is: identity numbers in one spelling, and the keyed hashes that stand for them."""
