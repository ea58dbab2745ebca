import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

from . import support

ROOT = os.path.dirname(support.SOURCE)


class PackageTest(unittest.TestCase):
    def test_the_wheel_holds_the_package_and_works_by_itself(self):
        check = "import setuptools, wheel; assert int(setuptools.__version__.split('.')[0]) >= 61"
        pythons = [
            python
            for python in (sys.executable, "/usr/bin/python3")
            if os.path.exists(python) and subprocess.run([python, "-c", check], capture_output=True).returncode == 0
        ]
        if not pythons:
            self.skipTest("there is no Python with setuptools 61 and wheel here")
        directory = tempfile.mkdtemp(prefix="wheel-")
        self.addCleanup(shutil.rmtree, directory)
        source = os.path.join(directory, "source")
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "dist"))
        # What pip does, without pip.
        build = f"from setuptools.build_meta import build_wheel; build_wheel({directory!r})"
        built = subprocess.run([pythons[0], "-c", build], cwd=source, capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, built.stderr)
        (wheel,) = glob.glob(os.path.join(directory, "tallystick-*-py3-none-any.whl"))
        with zipfile.ZipFile(wheel) as file:
            names = {os.path.basename(name) for name in file.namelist() if name.startswith("tallystick/")}
        self.assertEqual(
            names, {name for name in os.listdir(os.path.join(support.SOURCE, "tallystick")) if "." in name}
        )
        program = "import tallystick.handler, tallystick.asgi, tallystick.simpletuner; print(tallystick.__file__)"
        environment = {**os.environ, "PYTHONPATH": wheel}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=directory, env=environment, capture_output=True, text=True
        )
        self.assertIn(wheel, done.stdout, done.stderr)
