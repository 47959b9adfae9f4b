package render

func (r *renderer) registry() object {
	s := r.settings.Registry
	o := object{{"url", variable(varRegistry)}}
	if s.Basic {
		o = append(o, member{"basic_auth", object{
			{"username", variable(varRegistryUser)},
			{"password", variable(varRegistryPassword)},
		}})
	}
	if s.Token {
		o = append(o, member{"bearer_token", variable(varRegistryToken)})
	}
	if s.TLS {
		o = append(o, member{"tls", tlsConfig(s.CAFile, "", "")})
	}
	return o
}

func (r *renderer) kafkaSecurity() object {
	var o object
	s := r.settings.Kafka
	if s.TLS {
		o = append(o, member{"tls", tlsConfig(s.CAFile, s.CertFile, s.KeyFile)})
	}
	switch s.SASL {
	case "":
	case "OAUTHBEARER":
		o = append(o, member{"sasl", object{{"mechanism", text(s.SASL)}, {"token", variable(varKafkaToken)}}})
	default:
		o = append(o, member{"sasl", object{
			{"mechanism", text(s.SASL)},
			{"username", variable(varKafkaUser)},
			{"password", variable(varKafkaPassword)},
		}})
	}
	return o
}

// tlsConfig is Benthos' tls object.
func tlsConfig(ca, cert, key string) object {
	o := object{{"enabled", true}}
	if ca != "" {
		o = append(o, member{"root_cas_file", text(ca)})
	}
	if cert != "" {
		o = append(o, member{"client_certs", list{object{{"cert_file", text(cert)}, {"key_file", text(key)}}}})
	}
	return o
}
