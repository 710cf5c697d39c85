"""Where Alembic enters: it works on the connection, and in the transaction, that `migrate` gives it."""

from alembic import context

from newsletter.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
