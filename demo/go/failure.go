package main

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// Reasons that a consumer has an answer to; all are in interlock/v1/error.proto.
const (
	reasonClosed        = "CLOSED"
	reasonFenced        = "FENCED"
	reasonUnknownMember = "UNKNOWN_MEMBER"
)

// reasonOf returns why Interlock refused a call, or "" where it did not say:
// the code tells a program what kind of failure it was, the reason tells which.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == "interlock" {
			return info.GetReason()
		}
	}
	return ""
}

// fenced tells whether the group went on without this member: dropped, or
// behind by a generation.
func fenced(err error) bool {
	reason := reasonOf(err)
	return reason == reasonFenced || reason == reasonUnknownMember
}
