"""How the people of a kind of store behave, as files (`simulators/people/*.yaml`): what differs from the figures of a grocery."""

from sensors.urls import SettingError
from simulators.files import read_named
from simulators.shop.floor import Floor
from simulators.shop.habits import Habits


def people_of(name: str) -> Habits:
    """Read the figures of the people of a store that comes with the simulator, or those of a file.

    Args:
        name: the store's, or the path of a YAML file.

    Raises:
        SettingError: there are none, or they are not written as such.
    """
    return read_named("people", name, Habits, none="there are no people", kind="people")


def check_places(floor: Floor, habits: Habits) -> None:
    """Refuse people who go where the store has nothing.

    Raises:
        SettingError: the zone is not there, or nobody may go there.
    """
    for zone in habits.places:
        if zone not in floor.shop:
            raise SettingError(
                f"people go to `{zone}`, and store `{floor.layout.store_id}` has no such zone of type general or interest;"
                f" it has {', '.join(floor.shop)}"
            )
