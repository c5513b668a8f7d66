# One key for what lies at rest; turned every 90 days.

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "project_number" {
  type = string
}

locals {
  # Agents of the services that encrypt with the key.
  agents = {
    storage  = "service-${var.project_number}@gs-project-accounts.iam.gserviceaccount.com"
    registry = "service-${var.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    secrets  = "service-${var.project_number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    dataflow = "service-${var.project_number}@dataflow-service-producer-prod.iam.gserviceaccount.com"
    compute  = "service-${var.project_number}@compute-system.iam.gserviceaccount.com"
    run      = "service-${var.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
  }
}

resource "google_kms_key_ring" "this" {
  name     = var.name
  location = var.region
}

resource "google_kms_crypto_key" "this" {
  name            = var.name
  key_ring        = google_kms_key_ring.this.id
  rotation_period = "7776000s"

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each      = local.agents
  crypto_key_id = google_kms_crypto_key.this.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"
}

output "key" {
  value = google_kms_crypto_key.this.id
  # Nothing may use the key before its users may.
  depends_on = [google_kms_crypto_key_iam_member.agents]
}
