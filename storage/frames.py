"""Tables and answers as pandas DataFrames whose columns have the types that the database means.

    visits = read(url, "visits", since="2026-11-02", until="2026-11-16")
    ways = answer(url, "SELECT path, count(*) FROM visits WHERE store_id = :'store' GROUP BY 1", store="s1")

Money stays exact, whole numbers stay whole where some are missing, times are those of the store's own clock, with their offset. Devices are
pseudonyms unless somebody who may asks for them.
"""

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from storage.columns import Column, exact, schema
from storage.copying import Chunk, one_moment, table
from storage.export import Wanted, ask
from storage.relations import zones
from storage.sources import of_query, only_zone

_NAME = "instore frames"

_DTYPES = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
}
"""Those that can be missing; numpy's own would become numbers with a fraction."""


def read(  # noqa: PLR0913  # what may be chosen is chosen by name
    url: str, name: str, *, since: str | None = None, until: str | None = None, store: str | None = None, devices: bool = False
) -> pd.DataFrame:
    """Read a table or view, or the event log (`events`), in order of time.

    Args:
        url: of the database.
        name: as `instore export` shows them.
        since: rows from this time on, say 2026-11-02; without offset a time of the store. None: from the first on.
        until: rows before this time. None: to the last.
        store: of this store only.
        devices: with the ids of devices, rather than with pseudonyms.

    Raises:
        SettingError: there is no such table, store or time, or the user may not read it.
        DatabaseAway: no connection, or it was lost.
    """
    with one_moment(url, _NAME, devices=devices) as connection:
        source = ask(connection, Wanted(name, since, until, store, devices))
        return _frame(source.chunks(connection), source.columns)


def answer(url: str, query: str, **values: object) -> pd.DataFrame:
    """Ask a question in SQL.

    Args:
        url: of the database.
        query: one statement. Names without a schema are views with pseudonyms, as for analysts. Values stand where psql would put them:
            `:'since'`.
        values: for these places; `store` also says whose clock times are written and shown by: '2026-11-22' is midnight there. UTC where
            stores differ.

    Raises:
        SettingError: a value is missing, there is no such store, the user may not do this, or it takes too long for this login.
        DatabaseAway: no connection, or it was lost.
    """
    with one_moment(url, _NAME) as connection:
        store = values.get("store")
        zone = only_zone(zones(connection, None if store is None else str(store)))
        connection.execute("SELECT set_config('timezone', %s, true)", (zone,))
        source = of_query(connection, query, values, zone)
        return _frame(source.chunks(connection), source.columns)


def _frame(chunks: Iterable[Chunk], columns: list[Column]) -> pd.DataFrame:
    whole = pa.concat_tables([schema(columns).empty_table(), *(table(chunk, columns) for chunk in chunks)])
    arrays = [exact(array) if column.is_as_computed else array for array, column in zip(whole.columns, columns, strict=True)]
    frame: pd.DataFrame = pa.table(arrays, names=[str(place) for place in range(len(columns))]).to_pandas(types_mapper=_dtype)
    frame.columns = pd.Index([column.name for column in columns])  # two may have the same name
    return frame


def _dtype(kind: pa.DataType) -> object:
    """What pandas itself would make objects of, or numbers with a fraction, keeps its type; None: as pandas does."""
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return pd.ArrowDtype(kind)
    return _DTYPES.get(kind)
