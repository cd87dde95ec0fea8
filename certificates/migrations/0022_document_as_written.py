import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

COLUMNS = [
    ("certificates_certificate", "document"),
    ("certificates_certificatetemplate", "document"),
    ("certificates_favourite", "data"),
    ("certificates_returned", "document"),
]


def turned_into(kind):
    return [f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}' for table, column in COLUMNS]


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0021_document_field'),
    ]

    operations = [
        # it names the column, which PostgreSQL would not change then
        pgtrigger.migrations.RemoveTrigger(
            model_name='certificate',
            name='issued_content_is_final',
        ),
        migrations.RunSQL(turned_into("json"), turned_into("jsonb")),
        pgtrigger.migrations.AddTrigger(
            model_name='certificate',
            trigger=pgtrigger.compiler.Trigger(name='issued_content_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."status" IN (\'draft\', \'returned\', \'submitted\', \'approved\')))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "nppo_id", "direction", "counterpart", "type", "number", "document", "issued_at", "issued_by_id", "replaces_id" rows from % table\', TG_TABLE_NAME;', hash='dc12a405260ed138aeb93273a5ed65b43d0b630f', operation='UPDATE OF "nppo_id", "direction", "counterpart", "type", "number", "document", "issued_at", "issued_by_id", "replaces_id"', pgid='pgtrigger_issued_content_is_final_a5dba', table='certificates_certificate', when='BEFORE')),
        ),
    ]
