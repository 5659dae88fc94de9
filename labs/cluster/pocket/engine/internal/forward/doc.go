// Package forward opens ports of the machine, on 127.0.0.1, that lead to Services of the types NodePort and LoadBalancer.
package forward
