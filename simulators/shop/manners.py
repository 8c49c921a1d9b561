"""What shoppers value, as what they do: how each kind walks, looks and chooses otherwise than the figures of `simulators.shop.habits` say.

A kind is described by behaviour alone, in chances and factors; nothing here knows how `stream.priority` judges a visit. There is no public
truth about what shoppers value: kinds, shares and figures are assumptions [A].
"""

from typing import Literal

import msgspec

from simulators.shop.figures import Factor, Pull, Share, Units, Weight, check_ends

Priority = Literal["speed", "selection", "price", "recognition", "none"]


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one kind of shopper differs. Factors multiply the figure of the same name in `Habits`; chances stand for themselves.

    Attributes:
        share: of all shoppers.
        trip: factor of the time before the till.
        basket: factor of the items wanted.
        dawdle: factor of the time that is spent beside the shelves, where there is time left.
        view: factor of the time before a shelf.
        looks: how many shelves are looked at that nothing was wanted from, at the least and at the most.
        glances: factor of looks at shelves that nothing is taken from.
        regret: factor of the share of units put back.
        promoted_pull: factor of how much more often a promoted product is chosen.
        offers: how much more often a shelf is gone to that has a promoted product.
        compares: chance to take other products of the shelf into the hand, and put them back, before taking one.
        cheapest: chance to take the cheapest product of a shelf, whatever it is.
        returns: chance, for each stop, to come back to that shelf some stops later.
        asks: chance to go to a service point on coming in.
        rests: factor of the share that goes to one after paying.
        loyalty: factor of the share of payments that name the device.
    """

    share: Weight
    trip: Pull = 1.0
    basket: Factor = 1.0
    dawdle: Factor = 1.0
    view: Factor = 1.0
    looks: tuple[Units, Units] = (0, 0)
    glances: Factor = 1.0
    regret: Factor = 1.0
    promoted_pull: Pull = 1.0
    offers: Pull = 1.0
    compares: Share = 0.08
    cheapest: Share = 0.1
    returns: Share = 0.03
    asks: Share = 0.01
    rests: Factor = 1.0
    loyalty: Factor = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: a spread's ends are the wrong way round.
        """
        check_ends("looks", self.looks)


MANNERS: dict[Priority, Manner] = {
    # does the shopping, with some of everything
    "none": Manner(share=0.42),
    # comes for a few things, knows where they are, goes from one to the next and out
    "speed": Manner(
        share=0.2, trip=0.5, basket=0.7, dawdle=0.2, view=0.5, glances=0.2, regret=0.3, compares=0.02, returns=0.01, rests=0.2, cheapest=0.1
    ),
    # comes to see what there is: many shelves, long looks, this or that one, once more back to the first
    "selection": Manner(share=0.14, trip=1.4, view=1.6, looks=(2, 5), glances=2.5, regret=2.0, compares=0.5, returns=0.18),
    # looks where the offers are, and takes what costs less, often after having another one in the hand
    "price": Manner(share=0.14, basket=1.5, view=1.1, looks=(2, 5), promoted_pull=5.0, offers=5.0, compares=0.5, cheapest=0.8),
    # wants to be known and served: asks on coming in, shows the card, stays for a coffee and a chat
    "recognition": Manner(share=0.1, basket=0.9, asks=0.8, rests=11.0, loyalty=4.25),
}
