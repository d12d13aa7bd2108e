// Package controllers puts the controllers of the three kinds into a manager. Start reading at SetupWithManager, then at the
// package of a kind: slackapp, tenant, crmconnection.
package controllers
