output "release" {
  description = "Address of the release, for --out and `pmcmine update`."
  value       = local.release
}

output "image_repository" {
  description = "Where the image is pushed to."
  value       = module.registry.address
}

output "hub_token_secret" {
  description = "Secret whose version holds the Hub's token: gcloud secrets versions add NAME --data-file=-"
  value       = module.secrets.hub_token
}

output "template" {
  description = "The Flex Template, for gcloud dataflow flex-template run."
  value       = module.template.template
}

output "update_job" {
  description = "Cloud Run job of the daily update: gcloud run jobs execute NAME"
  value       = module.launcher.job
}
