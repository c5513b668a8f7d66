# The Flex Template of the mine job, and one run of it on request.

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "image" {
  type = string
}

variable "work" {
  type = string
}

variable "release" {
  type = string
}

variable "metadata" {
  type = string
}

variable "launcher" {
  type = string
}

variable "worker" {
  type = string
}

variable "subnetwork" {
  type = string
}

variable "kms_key" {
  type = string
}

variable "max_workers" {
  type = number
}

variable "machine_type" {
  type = string
}

variable "requests_per_second" {
  type = number
}

variable "run" {
  type = bool
}

locals {
  # As `python -m pipelines.template spec --image …` prints it.
  spec = {
    image              = var.image
    sdkInfo            = { language = "PYTHON" }
    metadata           = jsondecode(file(var.metadata))
    defaultEnvironment = { additionalExperiments = ["use_runner_v2"] }
  }
}

resource "google_storage_bucket_object" "template" {
  name         = "templates/${var.name}-mine-${substr(sha256(jsonencode(local.spec)), 0, 12)}.json"
  bucket       = var.work
  content      = jsonencode(local.spec)
  content_type = "application/json"
}

resource "google_dataflow_flex_template_job" "mine" {
  count                   = var.run ? 1 : 0
  provider                = google-beta
  name                    = "${var.name}-mine"
  region                  = var.region
  container_spec_gcs_path = "gs://${var.work}/${google_storage_bucket_object.template.name}"
  service_account_email   = var.worker
  subnetwork              = var.subnetwork
  ip_configuration        = "WORKER_IP_PRIVATE"
  kms_key_name            = var.kms_key
  max_workers             = var.max_workers
  machine_type            = var.machine_type
  sdk_container_image     = var.image
  temp_location           = "gs://${var.work}/temp"
  staging_location        = "gs://${var.work}/staging"
  on_delete               = "drain"

  parameters = {
    out                 = var.release
    all                 = "true" # without a source, PMCIDs or a limit: all of PMC
    requests_per_second = tostring(var.requests_per_second)
  }
}

output "template" {
  value = "gs://${var.work}/${google_storage_bucket_object.template.name}"
}
