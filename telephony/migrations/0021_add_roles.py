import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("telephony", "0020_index_parties"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShippedRole",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("given", models.JSONField(default=list)),
                (
                    "group",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="auth.group"
                    ),
                ),
            ],
        ),
    ]
