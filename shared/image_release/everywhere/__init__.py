"""This picture, in every hotel: finds the hotels that show an image, and brings a decision about it to all of them."""

from image_release.everywhere.deciding import (
    actions_in_force,
    decide_everywhere,
    fingerprint_in,
    listed_everywhere,
    undo_everywhere,
)
from image_release.everywhere.finding import ShowingHotel, find_everywhere
from image_release.everywhere.job import Job, hand_over, job_of, run_job
from image_release.everywhere.print_index import PrintIndex, Progress, print_index_path, tell_nobody
from image_release.hotel import fingerprint_of

__all__ = [
    "Job",
    "PrintIndex",
    "Progress",
    "ShowingHotel",
    "actions_in_force",
    "decide_everywhere",
    "find_everywhere",
    "fingerprint_in",
    "fingerprint_of",
    "hand_over",
    "job_of",
    "listed_everywhere",
    "print_index_path",
    "run_job",
    "tell_nobody",
    "undo_everywhere",
]
