"""Painters of lanes, tissue, photographs and others."""

from __future__ import annotations

import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from classifiers.images.generate.marks import Size, coloured_image, grey_image, noise, numpy_rng, unit_grid


def gel(r: random.Random, size: Size) -> Image.Image:
    """Draw blots (dark bands on grey) and gels (bright bands on black)."""
    w, h = size
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    lanes, strips = r.randint(3, 12), r.randint(1, 5)
    bright = r.random() < 0.4
    plane = noise(r, size, 60) * 0.08 + (0.08 if bright else 0.78)
    for strip in range(strips):
        for lane in range(lanes):
            if r.random() < 0.12:
                continue
            cx, cy = w * (lane + 0.5) / lanes, h * (strip + r.uniform(0.4, 0.6)) / strips
            bw, bh = w / lanes * 0.36, max(h / strips * r.uniform(0.05, 0.13), 2)
            band = np.exp(-(((x - cx) / bw) ** 4) - ((y - cy) / bh) ** 2)
            plane += band * r.uniform(0.3, 0.9) * (1 if bright else -0.8)
    image = grey_image(plane)
    if bright and r.random() < 0.2:
        image = coloured_image(plane, (30, 0, 0), (255, 150, 60))
    d = ImageDraw.Draw(image)
    for strip in range(1, strips):
        d.rectangle([0, h * strip / strips - 4, w, h * strip / strips + 4], "white")
    if r.random() < 0.7:
        for strip in range(strips):
            d.rectangle([w * 0.86, h * strip / strips, w, h * (strip + 1) / strips], "white")
            d.text(
                (w * 0.87, h * (strip + 0.4) / strips), r.choice(["β-actin", "GAPDH", "AKT", "p-AKT", "Bax"]), "black"
            )
    return image


def microscopy(r: random.Random, size: Size) -> Image.Image:
    """Draw stained tissue, fluorescence, electron micrographs, cultures in bright field."""
    kind = r.choice(["stained", "stained", "fluorescence", "fluorescence", "electron", "bright field"])
    rng = numpy_rng(r)
    w, h = size
    if kind == "electron":
        grain = noise(r, size, r.choice([6, 12, 24])) * 0.6 + rng.random((h, w)) * 0.25
        image = grey_image(0.15 + np.abs(grain - 0.4) * 1.6)
    elif kind == "stained":
        low, high = r.choice([((150, 60, 150), (250, 225, 240)), ((90, 60, 140), (240, 200, 220)),
                              ((120, 80, 40), (225, 225, 240)), ((200, 90, 130), (252, 240, 246))])  # fmt: skip
        image = coloured_image(noise(r, size, r.choice([8, 16, 30])) * 0.7 + rng.random((h, w)) * 0.3, low, high)
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(60, 350)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(2, 6)
            shade = (r.randint(60, 110), r.randint(30, 70), r.randint(110, 160))
            d.ellipse([cx - radius, cy - radius * r.uniform(0.6, 1), cx + radius, cy + radius], shade)
        image = image.filter(ImageFilter.GaussianBlur(0.8))
    elif kind == "fluorescence":
        image = Image.new("RGB", size, (r.randint(0, 12),) * 3)
        d = ImageDraw.Draw(image)
        inks = r.sample([(40, 60, 230), (30, 210, 60), (230, 40, 40), (200, 200, 40), (180, 180, 180)], r.randint(1, 3))
        for _ in range(r.randint(12, 160)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(3, 16)
            glow = r.uniform(0.4, 1)
            red, green, blue = (int(c * glow) for c in r.choice(inks))
            d.ellipse([cx - radius, cy - radius * 0.7, cx + radius, cy + radius * 0.7], (red, green, blue))
        image = image.filter(ImageFilter.GaussianBlur(r.uniform(0.8, 2.5)))
    else:
        image = coloured_image(
            noise(r, size, 40) * 0.2 + rng.random((h, w)) * 0.15 + 0.5, (70, 75, 70), (215, 220, 205)
        )
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(20, 140)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(3, 9)
            d.ellipse([cx - radius, cy - radius, cx + radius, cy + radius], outline=(60, 60, 70))
    if r.random() < 0.5:
        ImageDraw.Draw(image).rectangle([w * 0.75, h * 0.92, w * 0.93, h * 0.94], "white")
    return image


def clinical_photo(r: random.Random, size: Size) -> Image.Image:
    """Draw skin with a lesion, an eye's fundus, an endoscope's view, an open wound."""
    x, y = unit_grid(size)
    tone = r.choice([(236, 190, 165), (205, 150, 120), (150, 100, 75), (95, 62, 45), (245, 210, 190)])
    kind = r.choice(["skin", "skin", "fundus", "endoscopy", "wound"])
    if kind == "fundus":
        disc = np.hypot(x, y) < 0.93
        base = np.stack([0.75 - 0.2 * np.hypot(x, y), 0.34 - 0.1 * np.hypot(x, y), 0.12 + 0 * x], -1)
        cx = r.choice([-0.35, 0.35])
        spot = np.exp(-(((x - cx) / 0.13) ** 2) - (y / 0.13) ** 2)[..., None]
        image = Image.fromarray(
            (np.clip(base + spot * [0.25, 0.4, 0.25], 0, 1) * disc[..., None] * 255).astype(np.uint8)
        )
        d = ImageDraw.Draw(image)
        w, h = size
        for _ in range(8):
            px, py, a = (cx + 1) * w / 2, h / 2, r.uniform(0, 2 * math.pi)
            for _ in range(30):
                a += r.uniform(-0.25, 0.25)
                nx, ny = px + math.cos(a) * w / 50, py + math.sin(a) * h / 50
                if math.hypot(nx / w * 2 - 1, ny / h * 2 - 1) > 0.92:
                    break
                d.line([px, py, nx, ny], (130, 30, 20), 2)
                px, py = nx, ny
        return image
    if kind == "endoscopy":
        walls = coloured_image(0.3 + 0.7 * noise(r, size, 26), (120, 30, 30), (240, 150, 130))
        tunnel = np.clip(np.hypot(x - r.uniform(-0.3, 0.3), y) * 1.5, 0, 1) * (np.hypot(x, y) < 1)
        return Image.fromarray((np.asarray(walls) * tunnel[..., None]).astype(np.uint8))
    light = 0.75 + 0.35 * noise(r, size, 90) + 0.06 * noise(r, size, 5)
    image = Image.fromarray((np.clip(np.array(tone) * light[..., None], 0, 255)).astype(np.uint8))
    lesion = Image.new("L", size, 0)
    d = ImageDraw.Draw(lesion)
    w, h = size
    for _ in range(r.randint(1, 14) if kind == "skin" else 1):
        cx, cy = r.uniform(0.2, 0.8) * w, r.uniform(0.2, 0.8) * h
        s = r.uniform(0.02, 0.16) * w if kind == "skin" else 0.3 * w
        points = [(cx + s * r.uniform(0.7, 1.2) * math.cos(a), cy + s * r.uniform(0.7, 1.2) * math.sin(a))
                  for a in np.linspace(0, 2 * math.pi, 14)]  # fmt: skip
        d.polygon(points, r.randint(120, 230))
    shade = r.choice([(150, 40, 40), (90, 45, 35), (200, 90, 80), (120, 10, 20)])
    image.paste(Image.new("RGB", size, shade), mask=lesion.filter(ImageFilter.GaussianBlur(4)))
    return image


def other(r: random.Random, size: Size) -> Image.Image:
    """Draw outdoor and laboratory photographs."""
    y = unit_grid(size)[1]
    kind = r.choice(["land", "plant", "plate", "objects"])
    w, h = size
    if kind == "land":
        sky = np.array(r.choice([(140, 180, 225), (200, 210, 220)]))
        land = np.array(r.choice([(70, 110, 50), (120, 110, 60), (60, 90, 60)]))
        ridge = (noise(r, size, 60) - 0.5) * 0.6 + 0.1
        mix = (y > ridge)[..., None]
        rgb = np.where(mix, land * (0.6 + 0.8 * noise(r, size, 4)[..., None]), sky)
        return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
    if kind == "plant":
        rgb = np.array((60, 120, 40)) * (0.4 + 1.1 * noise(r, size, 14)[..., None])
        image = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(10, 40)):
            cx, cy, s = r.uniform(0, w), r.uniform(0, h), r.uniform(8, 40)
            d.ellipse([cx - s, cy - s / 3, cx + s, cy + s / 3], (r.randint(40, 110), r.randint(110, 180), 40))
        return image
    back = r.choice([(60, 90, 150), (190, 190, 185), (30, 30, 30), (225, 220, 210)])
    image = Image.fromarray(
        np.clip(np.array(back) * (0.8 + 0.3 * noise(r, size, 70)[..., None]), 0, 255).astype(np.uint8)
    )
    d = ImageDraw.Draw(image)
    for _ in range(1 if kind == "plate" else r.randint(1, 9)):
        s = 0.42 * min(w, h) if kind == "plate" else r.uniform(0.05, 0.2) * min(w, h)
        cx, cy = (w / 2, h / 2) if kind == "plate" else (r.uniform(s, w - s), r.uniform(s, h - s))
        shade = (215, 215, 195) if kind == "plate" else (r.randint(60, 200), r.randint(40, 130), r.randint(20, 90))
        d.ellipse([cx - s, cy - s, cx + s, cy + s], shade)
        for _ in range(r.randint(3, 6) if kind == "plate" else 0):
            px, py, q = cx + r.uniform(-0.6, 0.6) * s, cy + r.uniform(-0.6, 0.6) * s, s * 0.12
            d.ellipse([px - q, py - q, px + q, py + q], (150, 150, 130))
    return image.filter(ImageFilter.GaussianBlur(1))
