"""What MapIt wants on record before its first area: a country, a kind of name, kinds of area, a generation."""

import django

django.setup()

from mapit.models import Country, Generation, NameType, Type  # noqa: E402 - after the set-up

Country.objects.create(code="C", name="country")
NameType.objects.create(code="N", description="name")
for code in ("boundary", "compounds", "grid_cells", "buildings"):
    Type.objects.create(code=code, description=code)
print(Generation.objects.create(description="benchmark").id)
