# The AMQP gateway. Build from the repository's root: docker build -f deploy/docker/amqp-gateway.Dockerfile -t robustmq/amqp-gateway .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish amqp-gateway/RobustMQ.Amqp.Gateway -c Release --use-current-runtime -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
USER $APP_UID
EXPOSE 5672 5673
# Inside a container the listeners are as open as its published ports. Variables and not flags: each can be set otherwise, and flags be added, without losing the rest.
ENV ROBUSTMQ_ADMIN__ADDRESS=0.0.0.0 \
    ROBUSTMQ_AMQP__ADDRESS=0.0.0.0
ENTRYPOINT ["dotnet", "/app/amqp-gateway.dll"]
