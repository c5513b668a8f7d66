# The Hub's token. Terraform makes the secret and never sees its value, which would lie in the state.

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "kms_key" {
  type = string
}

resource "google_secret_manager_secret" "hub_token" {
  secret_id = "${var.name}-hub-token"

  replication {
    user_managed {
      replicas {
        location = var.region
        customer_managed_encryption {
          kms_key_name = var.kms_key
        }
      }
    }
  }
}

output "hub_token" {
  value = google_secret_manager_secret.hub_token.secret_id
}
