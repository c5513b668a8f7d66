"""Painters of what looks like radiology."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classifiers.images.generate.marks import Size, blurred, grey_image, noise, numpy_rng, unit_grid

Plane = NDArray[np.floating]
# Colours from cold to hot.
_SCALES: Final = {
    "hot": ((0, 0, 0), (160, 0, 0), (255, 120, 0), (255, 240, 60), (255, 255, 255)),
    "rainbow": ((0, 0, 120), (0, 90, 255), (0, 230, 200), (120, 255, 60), (255, 220, 0), (230, 20, 0)),
    "dark blue": ((0, 0, 0), (40, 0, 110), (60, 60, 255), (140, 220, 255)),
    "violet": ((0, 0, 10), (80, 15, 110), (190, 50, 90), (250, 140, 10), (250, 255, 160)),
    "green": ((70, 0, 85), (60, 80, 140), (30, 150, 140), (100, 200, 100), (250, 230, 40)),
    "red": ((0, 0, 0), (120, 0, 0), (255, 30, 30)),
}


def xray(r: random.Random, size: Size) -> Image.Image:
    """Draw chest, limb and tooth radiographs: bone and all that lies behind it shine through."""
    x, y = unit_grid(size)
    if r.random() < 0.65:
        plane = _chest(r, size, x, y)
    else:
        plane = 0.1 + 0.45 * np.exp(-((x / 0.9) ** 4) - (y / 1.3) ** 4) + 0.12 * noise(r, size, 40)
        for _ in range(r.randint(1, 4)):
            cx, tilt, width = r.uniform(-0.4, 0.4), r.uniform(-0.3, 0.3), r.uniform(0.06, 0.16)
            across = (x - cx - tilt * y) / (width * (1 + 0.8 * y**4))
            plane += 0.4 * np.exp(-(across**4)) * (0.6 + 0.6 * np.abs(across))
    image = grey_image(plane + numpy_rng(r).normal(0, r.uniform(0.005, 0.03), x.shape))
    return _written(image, r)


def _chest(r: random.Random, size: Size, x: Plane, y: Plane) -> Plane:
    """Return a chest from the front: lungs, ribs, collar bones, heart, diaphragm."""
    trunk = np.clip(1.3 - _outline(r, x / r.uniform(0.9, 1.15), (y - 0.25) / 1.3, 0.03), 0, 0.4) / 0.4
    plane: Plane = 0.05 + r.uniform(0.5, 0.7) * trunk + 0.06 * noise(r, size, 30)
    for side in (-1, 1):
        lung = _outline(r, (x - side * r.uniform(0.38, 0.44)) / 0.33, (y + 0.02) / r.uniform(0.6, 0.75), 0.06)
        soft = 1 / (1 + np.exp(np.clip((lung - 1) * 14, -30, 30)))
        cloud = np.clip(noise(r, size, 30) - 0.5, 0, 1) * r.choice([0, 0.3, 0.9])
        plane -= soft * (r.uniform(0.3, 0.5) - 0.12 * noise(r, size, 7) - cloud * 0.5)
        collar = np.abs(y + 0.72 - 0.25 * (np.abs(x) - 0.3) + 0.03 * np.sin(6 * x)) < 0.03
        plane += 0.12 * (collar & (side * x > 0.08) & (side * x < 0.8))
        for i in range(9):
            rib = np.abs(y - (-0.85 + 0.17 * i) - 0.35 * (side * x - 0.3) ** 2 * np.sign(side * x - 0.3))
            plane += r.uniform(0.03, 0.08) * (rib < 0.03) * (side * x > 0.05) * (np.abs(x) < 0.85)
    heart = _outline(r, (x - 0.12) / r.uniform(0.28, 0.42), (y - 0.3) / 0.33, 0.08)
    plane += 0.3 / (1 + np.exp(np.clip((heart - 1) * 12, -30, 30)))
    plane += 0.15 * np.exp(-((x / 0.09) ** 2)) + 0.3 * np.clip((y - 0.6 - 0.2 * x**2) * 8, 0, 1) * trunk
    return plane


def ct(r: random.Random, size: Size) -> Image.Image:
    """Draw an axial slice of chest, head or belly: soft tissue of nearly one grey, bright bone, black air, the table."""
    x, y = unit_grid(size)
    if r.random() < 0.3:
        return _written(_near(_upright(r, size, x, y), r), r)
    flat = r.uniform(0.5, 0.85)
    body = _outline(r, x / r.uniform(0.75, 0.97), y / flat, 0.06)
    fat, flesh = r.uniform(0.12, 0.3), r.uniform(0.4, 0.55)
    plane = np.where(body < 1, fat, r.choice([0.0, 0.0, 0.02]))
    part = r.choice(["chest", "head", "belly"])
    if part == "head":
        head = _outline(r, x / 0.62, y / 0.78, 0.04)
        plane = np.where(head < 1, r.uniform(0.3, 0.5) + 0.05 * noise(r, size, 10), 0.0)
        plane = np.where(np.abs(head - 0.93) < r.uniform(0.04, 0.09), 0.98, plane)
        for side in (-1, 1):
            horn = _outline(r, (x - side * 0.09) / 0.06, (y + 0.1) / 0.28, 0.2) < 1
            plane = np.where(horn, r.uniform(0.1, 0.25), plane)
        if r.random() < 0.4:  # the base of the skull: bone with air in it
            base = noise(r, size, 12)
            plane = np.where((base > 0.72) & (head < 0.9), 0.97, np.where((base < 0.2) & (head < 0.9), 0.0, plane))
        elif r.random() < 0.4:  # blood
            clot = _outline(r, (x - r.uniform(-0.3, 0.3)) / 0.18, (y - r.uniform(-0.4, 0.4)) / 0.18, 0.3) < 1
            plane = np.where(clot & (head < 0.88), r.uniform(0.6, 0.75), plane)
        inside = head < 1
    else:
        inner = _outline(r, x / 0.86, y / (flat * 0.86), 0.05)
        plane = np.where(inner < 1, flesh + 0.05 * noise(r, size, 8), plane)
        window = 0.0 if r.random() < 0.7 else 0.2
        if part == "chest":
            for side in (-1, 1):
                lung = _outline(r, (x - side * 0.42) / 0.33, (y + 0.05) / (flat * 0.66), 0.12) < 1
                vessels = np.clip(noise(r, size, 6) - 0.6, 0, 1) * 1.6
                plane = np.where(lung, window + vessels, plane)
        else:
            for _ in range(r.randint(3, 7)):
                organ = _outline(
                    r, (x - r.uniform(-0.55, 0.55)) / r.uniform(0.1, 0.35),
                    (y - r.uniform(-0.35, 0.35)) / r.uniform(0.08, 0.3), 0.2,
                )  # fmt: skip
                plane = np.where((organ < 1) & (inner < 0.95), r.choice([0.0, fat, 0.48, 0.58, 0.7, 0.85]), plane)
        for i in range(r.randint(6, 14)):  # ribs
            turn = 2 * np.pi * i / 13 + r.uniform(-0.1, 0.1)
            rib = _outline(r, (x - 0.83 * np.cos(turn)) / 0.07, (y - 0.83 * flat * np.sin(turn)) / 0.035, 0.1) < 1
            plane = np.where(rib, 0.95, plane)
        spine = _outline(r, x / 0.13, (y - flat * 0.55) / 0.12, 0.15)
        plane = np.where(spine < 1, np.where(spine > 0.7, 1.0, 0.75), plane)
        inside = body < 1
    if r.random() < 0.4:
        arc = np.abs(y - (flat + 0.1) + 0.12 * x**2) < 0.012
        plane = np.where(arc & ~inside, 0.6, plane)
    if part == "chest" and r.random() < 0.6:  # the window of lungs: their tissue is seen, all else is white
        plane = np.where(inside, np.clip(r.uniform(0.15, 0.35) + 1.7 * plane, 0, 1), plane)
    image = grey_image(np.clip(plane + numpy_rng(r).normal(0, r.uniform(0.01, 0.06), x.shape) * (plane > 0.03), 0, 1))
    return _written(_near(image, r), r)


def _upright(r: random.Random, size: Size, x: Plane, y: Plane) -> Image.Image:
    """Draw a trunk or a head by CT from the front or the side: black lungs, white spine and pelvis, grey belly."""
    flesh, fat = r.uniform(0.35, 0.5), r.uniform(0.1, 0.25)
    body = _outline(r, x / r.uniform(0.6, 0.85), y / r.uniform(1.0, 1.5), 0.08)
    plane = np.where(body < 1, np.where(body < 0.88, flesh + 0.05 * noise(r, size, 8), fat), 0.0)
    for side in (-1, 1):
        lung = _outline(r, (x - side * 0.33) / 0.26, (y + 0.55) / r.uniform(0.3, 0.6), 0.1) < 1
        plane = np.where(lung, np.clip(noise(r, size, 6) - 0.65, 0, 1) * 1.5, plane)
        kidney = _outline(r, (x - side * 0.35) / 0.14, (y - 0.2) / 0.22, 0.15) < 1
        plane = np.where(kidney, r.uniform(0.5, 0.9), plane)
        hip = np.abs(_outline(r, (x - side * 0.45) / 0.2, (y - 0.85) / 0.25, 0.2) - 0.9) < 0.12
        plane = np.where(hip & (body < 1), 0.97, plane)
    for _ in range(r.randint(2, 6)):
        gut = _outline(r, (x - r.uniform(-0.4, 0.4)) / 0.1, (y - r.uniform(0.1, 0.9)) / 0.1, 0.3) < 1
        plane = np.where(gut, r.choice([0.0, 0.55, 0.95]), plane)
    middle, step = r.choice([0.0, 0.0, 0.35, -0.4]), r.uniform(0.14, 0.24)
    spine = (np.abs(x - middle - 0.06 * np.sin(2 * y)) < r.uniform(0.07, 0.12)) & (np.mod(y + 3, step) < step * 0.85)
    plane = np.where(spine, 0.8 + 0.2 * noise(r, size, 4), plane)
    return grey_image(np.clip(plane + numpy_rng(r).normal(0, r.uniform(0.01, 0.05), x.shape) * (plane > 0.02), 0, 1))


def mri(r: random.Random, size: Size) -> Image.Image:
    """Draw a head, a spine, a knee, a trunk or vessels: black bone, tissue in many greys that fade from the coil."""
    x, y = unit_grid(size)
    part = r.choice(["head", "head", "spine", "knee", "trunk", "trunk", "vessels"])
    if part == "trunk":
        plane = _soft_trunk(r, size, x, y)
    elif part == "vessels":
        plane = _vessels(r, size, x, y)
    elif part == "head":
        head = _outline(r, x / r.uniform(0.6, 0.85), y / r.uniform(0.75, 0.95), 0.05)
        grey, white = r.choice([(0.4, 0.62), (0.62, 0.4), (0.3, 0.36), (0.5, 0.75)])
        folds = np.tanh(6 * np.sin(r.uniform(20, 34) * (noise(r, size, 16) + 0.35 * head)))
        plane = np.where(
            head < 0.8, (grey + white) / 2 + (white - grey) / 2 * folds * np.clip(head * 1.6, 0.1, 1), 0.03
        )
        plane = np.where((head > 0.9) & (head < 1), r.uniform(0.5, 1.0), plane)
        water = r.choice([0.05, 0.05, 0.95])
        for side in (-1, 1):
            horn = _outline(r, (x - side * 0.1) / 0.07, (y + 0.05) / 0.3, 0.25) < 1
            plane = np.where(horn, water, plane)
        if r.random() < 0.5:
            spot = _outline(r, (x - r.uniform(-0.4, 0.4)) / 0.2, (y - r.uniform(-0.4, 0.4)) / 0.2, 0.25)
            plane = np.where((spot < 1) & (head < 0.8), np.where(spot > 0.7, 0.95, r.choice([0.2, 0.85])), plane)
    elif part == "spine":
        bend = 0.12 * np.sin(2.2 * y + r.uniform(0, 6))
        plane = 0.18 + 0.15 * noise(r, size, 20) + np.where(x - bend > 0.55, r.uniform(0.4, 0.8), 0.0)
        step = r.uniform(0.2, 0.32)
        column = np.abs(x - bend) < 0.17
        plane = np.where(column, np.where(np.mod(y + 2, step) < step * 0.75, r.uniform(0.4, 0.65), 0.1), plane)
        canal = (x - bend > 0.2) & (x - bend < 0.34)
        plane = np.where(canal, r.choice([0.1, 0.9]), plane)
        plane = np.where(canal & (np.abs(x - bend - 0.27) < 0.035), 0.45, plane)
    else:
        flesh = _outline(r, x / 0.8, y / 1.2, 0.05)
        plane = np.where(flesh < 1, 0.3 + 0.15 * noise(r, size, 14), 0.02)
        for cy in (-0.55, 0.6):
            bone = _outline(r, x / r.uniform(0.4, 0.6), (y - cy) / 0.5, 0.1)
            plane = np.where(bone < 1, np.where(bone > 0.93, 0.03, r.uniform(0.55, 0.8)), plane)
    coil = 1 - r.uniform(0, 0.35) * (x * r.choice([-1, 1]) + 1) / 2
    image = grey_image(np.clip(blurred(plane) * coil + numpy_rng(r).normal(0, r.uniform(0.01, 0.04), x.shape), 0, 1))
    return _written(image, r)


def _soft_trunk(r: random.Random, size: Size, x: Plane, y: Plane) -> NDArray[np.float64]:
    """Return a belly, a pelvis or a breast by MRI, across or from the front: organs of many greys, fat bright or dark."""
    across = r.random() < 0.6
    flat = r.uniform(0.6, 0.85) if across else r.uniform(1.1, 1.6)
    body = _outline(r, x / r.uniform(0.75, 0.97), y / flat, 0.07)
    fat, muscle = r.choice([(0.9, 0.35), (0.75, 0.25), (0.12, 0.3), (0.2, 0.4)])
    inner = _outline(r, x / r.uniform(0.68, 0.85), y / (flat * 0.85), 0.08)
    plane = np.where(body < 1, np.where(inner < 1, muscle + 0.12 * noise(r, size, 8), fat), 0.02)
    plane = np.where((np.abs(inner - 0.97) < 0.03) & (body < 1), 0.12, plane)
    for _ in range(r.randint(4, 10)):
        organ = _outline(
            r, (x - r.uniform(-0.55, 0.55)) / r.uniform(0.08, 0.4),
            (y - flat * r.uniform(-0.6, 0.6)) / r.uniform(0.08, 0.35), 0.25,
        )  # fmt: skip
        grey = r.choice([0.04, 0.15, 0.3, 0.45, 0.55, 0.7, 0.95])
        inside = (organ < 1) & (inner < 0.93)
        plane = np.where(inside, grey + 0.08 * noise(r, size, 5), plane)
        if r.random() < 0.4:
            plane = np.where(inside & (organ > 0.88), r.choice([0.05, 0.9]), plane)
    if across:
        spine = _outline(r, x / 0.14, (y - flat * 0.5) / 0.12, 0.15)
        plane = np.where(spine < 1, np.where(spine > 0.85, 0.05, r.uniform(0.25, 0.6)), plane)
        canal = _outline(r, x / 0.05, (y - flat * 0.68) / 0.045, 0.15)
        plane = np.where(canal < 1, r.choice([0.1, 0.95]), plane)
    return np.asarray(plane * (1 + 0.08 * r.random() * np.sin(r.uniform(15, 40) * y)), np.float64)


def _vessels(r: random.Random, size: Size, x: Plane, y: Plane) -> NDArray[np.float64]:
    """Return vessels or ducts by MRI: bright and winding before nearly nothing."""
    plane: Plane = 0.05 + r.uniform(0.03, 0.15) * noise(r, size, 25) * (_outline(r, x / 0.8, y / 0.95, 0.05) < 1)
    for _ in range(r.randint(4, 12)):
        middle, width = r.uniform(-0.6, 0.6), r.uniform(0.008, 0.04)
        path = middle + r.uniform(-0.5, 0.5) * y + r.uniform(0.03, 0.2) * np.sin(r.uniform(2, 8) * y + r.uniform(0, 6))
        top, low = sorted((r.uniform(-1, 1), r.uniform(-1, 1)))
        on = np.exp(-(((x - path) / width) ** 2)) * (y > top) * (y < low)
        plane = plane + r.uniform(0.4, 1.0) * on
    return np.asarray(plane, np.float64)


def ultrasound(r: random.Random, size: Size) -> Image.Image:
    """Draw speckle in a fan or a rectangle on black: layers of muscle, or a dark mass."""
    x, y = unit_grid(size)
    depth = np.hypot(x, y + 1.15)
    angle = np.abs(np.arctan2(x, y + 1.15))
    fan = (angle < r.uniform(0.45, 0.8)) & (depth < 2.05) & (depth > 0.25)
    if r.random() < 0.6:
        fan = (np.abs(x) < r.uniform(0.8, 1.4)) & (np.abs(y) < r.uniform(0.8, 1.4))
    speckle = numpy_rng(r).rayleigh(0.35, x.shape)
    w, h = size
    small = numpy_rng(r).random((h // r.randint(3, 6), w // r.randint(10, 40))) ** 2
    streaks = np.asarray(Image.fromarray((small * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)) / 255
    plane = (speckle * (0.25 + 0.6 * noise(r, size, 30)) + r.uniform(0.2, 0.8) * streaks) * fan
    cx, cy = r.uniform(-0.3, 0.3), r.uniform(-0.2, 0.5)
    if r.random() < 0.5:  # layers, bright where they meet
        tilt, count = r.uniform(-0.3, 0.3), r.uniform(3, 12)
        layers = np.abs(np.sin(count * (y + tilt * x + 0.1 * noise(r, size, 5))))
        plane = plane * 0.6 + np.clip(layers - 0.85, 0, 1) * r.uniform(2, 5) * speckle * fan
    else:
        mass = _outline(r, (x - cx) / r.uniform(0.15, 0.4), (y - cy) / r.uniform(0.1, 0.3), 0.2)
        plane *= np.clip(mass, 0.15, 1) + 0.5 * ((np.abs(x - cx) < 0.2) & (y > cy + 0.2))
    plane *= 1.1 - 0.35 * (y + 1) / 2 * r.random()
    image = grey_image(blurred(plane))
    if r.random() < 0.4:
        ImageDraw.Draw(image).text((6, 6), f"{r.randint(1, 20)} cm  {r.randint(20, 60)} Hz", (200, 200, 120))
    return image


def nuclear(r: random.Random, size: Size) -> Image.Image:
    """Draw PET or SPECT of the brain, alone or as rows of slices, and scintigraphy of body and kidneys."""
    x, y = unit_grid(size)
    if r.random() < 0.65:
        n = r.choice([1, 1, 1, 2, 3])
        x, y = (np.mod((x + 1) * n / 2, 1) * 2 - 1, np.mod((y + 1) * n / 2, 1) * 2 - 1) if n > 1 else (x, y)
        head = _outline(r, x / r.uniform(0.45, 0.8), y / r.uniform(0.6, 0.9), 0.12)
        folds = np.tanh(3 * np.sin(r.uniform(14, 30) * (noise(r, size, 22) + 0.35 * head)))
        plane = r.uniform(0.2, 0.5) + r.uniform(0.05, 0.35) * folds * np.clip(2 * head, 0.2, 1)
        plane = np.where(head < 1, plane, 0.0)
        inside = head < 1
    else:
        body = _outline(r, x / r.uniform(0.35, 0.8), y / r.uniform(0.85, 1.2), 0.15)
        inside = body < 1
        plane = r.uniform(0.1, 0.4) * np.exp(-(body**4)) + 0.06 * noise(r, size, 8)
    for _ in range(r.randint(0, 6)):
        cx, cy, s = r.uniform(-0.4, 0.4), r.uniform(-0.7, 0.7), r.uniform(0.04, 0.2)
        plane = plane + r.uniform(0.2, 0.8) * np.exp(-(((x - cx) / s) ** 2) - ((y - cy) / s) ** 2) * inside
    v = np.clip(blurred(blurred(plane)) + numpy_rng(r).normal(0, r.uniform(0, 0.06), x.shape) * inside, 0, 1)
    scale = r.choice(["grey", "paper", *_SCALES, *_SCALES])
    if scale in ("grey", "paper"):
        return grey_image(v if scale == "grey" else 1 - v)
    stops = np.array(_SCALES[scale], float)
    ground = np.linspace(0, 1, len(stops))
    rgb = np.stack([np.interp(v, ground, stops[:, i]) for i in range(3)], -1)
    if r.random() < 0.5:
        rgb[~inside & (v < 0.1)] = r.choice([0, 0, 255])
    return Image.fromarray(rgb.astype(np.uint8))


def _outline(r: random.Random, x: Plane, y: Plane, rough: float) -> Plane:
    """Return the distance from the middle, 1 on a closed line that strays from the circle by a share of `rough`."""
    turn = np.arctan2(y, x)
    line = 1 + sum(rough / k * np.cos(k * turn + r.uniform(0, 6.3)) for k in (2, 3, 5))
    found: Plane = np.hypot(x, y) / line
    return found


def _near(image: Image.Image, r: random.Random) -> Image.Image:
    """Cut half of the scans so that they fill the frame."""
    if r.random() < 0.5:
        return image
    w, h = image.size
    left, top = int(w * r.uniform(0.05, 0.18)), int(h * r.uniform(0.08, 0.25))
    return image.crop((left, top, w - left, h - top)).resize(image.size, Image.Resampling.BILINEAR)


def _written(image: Image.Image, r: random.Random) -> Image.Image:
    """Write a side or a series into a corner of some scans."""
    if r.random() < 0.3:
        d = ImageDraw.Draw(image)
        d.text((4, image.height // 2), r.choice(["R", "L", "A"]), "white")
        if r.random() < 0.5:
            d.text((4, 4), f"SE {r.randint(1, 9)} IM {r.randint(1, 200)}", (220, 220, 220))
    return image
