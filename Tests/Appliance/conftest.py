import pytest

from machine import IMAGES, Machine


@pytest.fixture
def machine(tmp_path):
    """Makes machines with fresh disks; all are switched off at the end."""
    if not (IMAGES / "disk.raw").exists():
        pytest.skip("no image was built: `make image` makes build/image/disk.raw")
    made = []

    def make(**options):
        folder = tmp_path / f"machine{len(made)}"
        folder.mkdir()
        made.append(Machine(folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.cut_power()
        one.disk.unlink()
