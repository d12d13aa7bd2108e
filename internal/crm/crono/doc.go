// Package crono speaks Crono's public API (https://ext.crono.one/api/v1) with one pair of keys, as a crm.CRM with tasks and deals.
//
// There is no published specification that we could read. The calls are those that Crono's own n8n node makes
// (github.com/crono-one/n8n-nodes-crono-public-api, v1.0.0), the answers those that others report of theirs; what is in neither is
// read leniently and says so where it stands. Two habits of Crono's shape this package: an answer of HTTP 200 may say that nothing
// was done (isSuccess), and GET /Accounts/{id} denies some accounts that exist.
//
// It imports crm, credentials, outcome and vendorhttp. Start reading at Client.
package crono
