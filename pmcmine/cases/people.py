"""Words for persons and for animals."""

from __future__ import annotations

from typing import Final

FEMALE: Final = frozenset(
    "woman female girl lady housewife primigravida primipara multigravida gravida schoolgirl nun postmenopausal "
    "pregnant she her waitress actress nulliparous multiparous primiparous".split()
)
MALE: Final = frozenset("man male boy gentleman schoolboy he his fisherman businessman".split())
PERSONS: Final = frozenset(
    "patient child infant baby neonate newborn toddler adolescent teenager adult person individual proband "
    "athlete participant student worker farmer teacher driver nurse physician doctor smoker caucasian".split()
)
ANIMALS: Final = frozenset(
    "dog dogs cat cats horse horses mare mares gelding stallion colt filly pony ponies foal foals cow cows bull "
    "calf calves heifer heifers cattle steer goat goats sheep ewe ewes ram lamb lambs pig pigs piglet piglets swine "
    "boar sow rabbit rabbits ferret ferrets hamster parrot parrots cockatoo macaw crane cranes chicken chickens hen "
    "hens rooster duck ducks goose turkey ostrich pigeon falcon eagle owl penguin turtle tortoise snake python lizard "
    "iguana gecko monkey macaque chimpanzee gorilla orangutan baboon lemur elephant lion tiger leopard cheetah jaguar "
    "bear wolf fox deer alpaca llama camel donkey mule dolphin whale seal fish koala kangaroo hedgehog rat mouse "
    "canine feline equine bovine porcine ovine caprine avian "
    "retriever terrier shepherd bulldog poodle spaniel beagle rottweiler dachshund chihuahua spayed neutered castrated "
    "thoroughbred shorthair".split()
)
