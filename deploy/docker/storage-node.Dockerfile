# The storage-node. Build from the repository's root: docker build -f deploy/docker/storage-node.Dockerfile -t robustmq/storage-node .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish storage-node/RobustMQ.StorageNode -c Release --use-current-runtime -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN install -d -o $APP_UID /data
VOLUME /data
COPY --from=build /app /app
USER $APP_UID
EXPOSE 7070 7071
# Inside a container the listeners are as open as its published ports. Variables and not flags: each can be set otherwise, and flags be added, without losing the rest.
ENV ROBUSTMQ_DATA=/data \
    ROBUSTMQ_ADMIN__ADDRESS=0.0.0.0 \
    ROBUSTMQ_STORAGE__ADDRESS=0.0.0.0
ENTRYPOINT ["dotnet", "/app/storage-node.dll"]
