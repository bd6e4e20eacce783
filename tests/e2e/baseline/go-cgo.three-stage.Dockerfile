FROM golang:1.26-alpine AS deps
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download

FROM deps AS build
RUN apk add --no-cache gcc musl-dev
COPY . .
RUN CGO_ENABLED=1 go build -o /bin/server .

FROM alpine:3.24
RUN apk add --no-cache ca-certificates
WORKDIR /app
COPY --from=build /bin/server ./server
EXPOSE 8090
CMD ["./server"]
