"""Painters of what looks like radiology."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageDraw

from classifiers.images.generate.marks import Size, blurred, grey_image, noise, numpy_rng, unit_grid


def xray(r: random.Random, size: Size) -> Image.Image:
    """Draw chest, limb and tooth radiographs."""
    x, y = unit_grid(size)
    body = np.exp(-((x / 0.9) ** 4) - (y / 1.3) ** 4)
    plane = 0.1 + 0.45 * body + 0.12 * noise(r, size, 40)
    if r.random() < 0.6:
        for side in (-0.45, 0.45):
            plane -= 0.35 * np.exp(-(((x - side) / 0.28) ** 2) - ((y + 0.05) / 0.55) ** 2)
        for i in range(9):
            plane += 0.06 * np.exp(-(((y - (-0.8 + 0.2 * i) - 0.15 * x**2) / 0.03) ** 2))
        plane += 0.25 * np.exp(-((x / 0.09) ** 2))
    else:
        for _ in range(r.randint(1, 4)):
            cx, tilt = r.uniform(-0.4, 0.4), r.uniform(-0.3, 0.3)
            plane += 0.4 * np.exp(-(((x - cx - tilt * y) / r.uniform(0.06, 0.16)) ** 4))
    return grey_image(plane + numpy_rng(r).normal(0, 0.02, x.shape))


def ct(r: random.Random, size: Size) -> Image.Image:
    """Draw an axial slice: a body on black, bright bone, grey organs."""
    x, y = unit_grid(size)
    rx, ry = r.uniform(0.7, 0.92), r.uniform(0.55, 0.85)
    inside = (x / rx) ** 2 + (y / ry) ** 2 < 1
    plane = np.where(inside, 0.42 + 0.06 * noise(r, size, 12), 0.0)
    for _ in range(r.randint(2, 6)):
        cx, cy, a, b = r.uniform(-0.5, 0.5), r.uniform(-0.4, 0.4), r.uniform(0.08, 0.3), r.uniform(0.08, 0.3)
        organ = ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1
        plane = np.where(organ & inside, r.choice([0.05, 0.3, 0.5, 0.6]), plane)
    bone = ((x / 0.12) ** 2 + ((y - ry * 0.7) / 0.14) ** 2 < 1) & inside
    plane = np.where(bone, 0.95, plane)
    rim = np.abs((x / rx) ** 2 + (y / ry) ** 2 - 0.9) < 0.04
    if r.random() < 0.5:
        plane = np.where(rim, 0.95, plane)
    return grey_image(plane + numpy_rng(r).normal(0, 0.025, x.shape) * inside)


def mri(r: random.Random, size: Size) -> Image.Image:
    """Draw a head or joint: smooth tissue on black, no bright bone."""
    x, y = unit_grid(size)
    radius = (x / r.uniform(0.65, 0.85)) ** 2 + (y / r.uniform(0.75, 0.95)) ** 2
    inside = radius < 1
    folds = np.sin(18 * (noise(r, size, 18) + 0.3 * radius))
    plane = np.where(inside, 0.45 + 0.14 * folds, 0.01)
    plane = np.where((radius > 0.86) & inside, r.choice([0.9, 0.05]), plane)
    core = ((np.abs(x) - 0.12) / 0.08) ** 2 + (y / 0.3) ** 2 < 1
    plane = np.where(core, r.choice([0.05, 0.95]), plane)
    if r.random() < 0.5:
        cx, cy = r.uniform(-0.4, 0.4), r.uniform(-0.4, 0.4)
        plane += 0.4 * np.exp(-(((x - cx) / 0.12) ** 2) - ((y - cy) / 0.12) ** 2)
    return grey_image(blurred(plane) + numpy_rng(r).normal(0, 0.02, x.shape) * inside)


def ultrasound(r: random.Random, size: Size) -> Image.Image:
    """Draw speckle in a fan on black."""
    x, y = unit_grid(size)
    depth = np.hypot(x, y + 1.15)
    angle = np.abs(np.arctan2(x, y + 1.15))
    fan = (angle < r.uniform(0.45, 0.8)) & (depth < 2.05) & (depth > 0.25)
    if r.random() < 0.3:
        fan = (np.abs(x) < 0.9) & (np.abs(y) < 0.9)
    speckle = numpy_rng(r).rayleigh(0.35, x.shape)
    plane = speckle * (0.25 + 0.6 * noise(r, size, 30)) * fan
    cx, cy = r.uniform(-0.3, 0.3), r.uniform(-0.2, 0.5)
    plane *= 1 - 0.8 * np.exp(-(((x - cx) / 0.22) ** 2) - ((y - cy) / 0.16) ** 2)
    image = grey_image(blurred(plane))
    if r.random() < 0.4:
        ImageDraw.Draw(image).text((6, 6), f"{r.randint(1, 20)} cm  {r.randint(20, 60)} Hz", (200, 200, 120))
    return image


def nuclear(r: random.Random, size: Size) -> Image.Image:
    """Draw hot spots: scintigraphy in grey, PET in colour."""
    x, y = unit_grid(size)
    plane = 0.35 * np.exp(-((x / 0.35) ** 2) - (y / 0.9) ** 2) + 0.08 * noise(r, size, 8)
    for _ in range(r.randint(2, 9)):
        cx, cy, s = r.uniform(-0.4, 0.4), r.uniform(-0.8, 0.8), r.uniform(0.04, 0.14)
        plane += r.uniform(0.3, 0.9) * np.exp(-(((x - cx) / s) ** 2) - ((y - cy) / s) ** 2)
    if r.random() < 0.5:
        return grey_image(1 - plane)
    v = np.clip(plane, 0, 1)
    rgb = np.stack([np.clip(v * 2.4, 0, 1), np.clip(v * 2 - 0.7, 0, 1), np.clip(v * 3 - 2, 0, 1)], -1)
    return Image.fromarray((rgb * 255).astype(np.uint8))
