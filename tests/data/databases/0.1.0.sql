BEGIN TRANSACTION;
CREATE TABLE access_key (
	access_key VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	sealed_secret TEXT NOT NULL, 
	sealed_next_secret TEXT, 
	created_at_ms BIGINT NOT NULL, 
	revoked_at_ms BIGINT, 
	PRIMARY KEY (access_key), 
	FOREIGN KEY(account_id) REFERENCES account (account_id)
);
INSERT INTO "access_key" VALUES('AK641EDC5CF96CE705323F5C1A8B23','0543eb9d01a2864e45cc1a1bda66418c','gAAAAABrA2VbrdLQPI90YhupkiQsgjazeV3x2IoaDpNdX4tE4A-XIGBOcNxrKto-qHF4H_LeqhxxZXKIw40_6dtjnmqT3iX-IW8zWiqAxLxiH23DV2dSxvSqYAPHGvZCF44MA86xKDJ63xIdhiom9cwmS6d4bVrZKA==',NULL,1795384667038,NULL);
INSERT INTO "access_key" VALUES('AKE256EDB02FDC5837EBA50B57A6CE','0543fc2001a23d66f576a7e3f0e304ed','gAAAAABrA2VfuejpN3g50FBDvRtWXfrMvXqOFiRKT1zxDCBO7iyx1SMTULCBzEc35j90SmGTL8NiphkMZ3X0_R0D6DJ9Bh0xJmnP3VGujMbZNJlZVhyT837nMfT-p9wFtn2_NbVRVQhFeWWxJ7DLnMqG21cKkh8zKg==',NULL,1795384671266,NULL);
CREATE TABLE account (
	account_id VARCHAR(32) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	sealed_notify_secret TEXT NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (account_id), 
	UNIQUE (name)
);
INSERT INTO "account" VALUES('0543eb9d01a2864e45cc1a1bda66418c','local','gAAAAABrA2Vb3cAqjoRTuBZ9mWdWWEpC3QD93vi-phfiiPLqW9h-mbjOkNsiqpJWMrclyf-nl9xO0d5MmgDo6ZhAn6HMH4jxj7HCQer1sd4oJxdok4ea8yI6S1OGz101ifVPNTE6nLV6GaAdoM1Kx-U20xht9GXbKQ==',1795384667038);
INSERT INTO "account" VALUES('0543fc2001a23d66f576a7e3f0e304ed','tester','gAAAAABrA2VfjbzqNHQpFPWaMyZA4WsPp8h7lQWSUAKMHmLHmeGbrZ2YVhmePnXx0pMGzwNuWcPixWsWumgZA3keGvNBiXC43Bh05Z7QFLPw_ovfmQRBQKO7XBXU7EwqlQBe9ILHPS-dIEEOlsPxUqXDqATQBYAPyg==',1795384671265);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('2350702f-557f-4d0b-bfc5-e5524557e1b0','1',1795384667000,1795384667000,'vodpull');
CREATE TABLE batch (
	batch_id VARCHAR(32) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	access_key VARCHAR(64) NOT NULL, 
	trans_no VARCHAR(32) NOT NULL, 
	template VARCHAR(100) NOT NULL, 
	notify_url TEXT NOT NULL, 
	separate BOOLEAN NOT NULL, 
	fetch_ts BOOLEAN NOT NULL, 
	priority INTEGER NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	finished_at_ms BIGINT, 
	deleted_at_ms BIGINT, 
	PRIMARY KEY (batch_id), 
	FOREIGN KEY(account_id) REFERENCES account (account_id)
);
INSERT INTO "batch" VALUES('0543fef001a241aea3897f09db6027ee','0543fc2001a23d66f576a7e3f0e304ed','AKE256EDB02FDC5837EBA50B57A6CE','0543fef001a2e51b6a31e93bdfd4f22b','abr','',0,1,100,1795384671984,1795384680218,NULL);
INSERT INTO "batch" VALUES('05441f2b01a2ae5ce6adfe61d7081996','0543fc2001a23d66f576a7e3f0e304ed','AKE256EDB02FDC5837EBA50B57A6CE','05441f2b01a263d299bec20d0411e7b0','original','',0,1,100,1795384680235,NULL,NULL);
CREATE TABLE chore (
	name VARCHAR(32) NOT NULL, 
	begun_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE delivery (
	delivery_id VARCHAR(64) NOT NULL, 
	batch_id VARCHAR(32) NOT NULL, 
	position INTEGER, 
	url TEXT NOT NULL, 
	body TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (delivery_id), 
	FOREIGN KEY(batch_id) REFERENCES batch (batch_id)
);
CREATE TABLE delivery_attempt (
	delivery_id VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	status INTEGER, 
	latency_ms INTEGER NOT NULL, 
	error TEXT NOT NULL, 
	response_head TEXT NOT NULL, 
	PRIMARY KEY (delivery_id, number), 
	FOREIGN KEY(delivery_id) REFERENCES delivery (delivery_id)
);
CREATE TABLE event (
	event_id VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	batch_id VARCHAR(32) NOT NULL, 
	position INTEGER, 
	kind VARCHAR(32) NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	acked_at_ms BIGINT, 
	PRIMARY KEY (event_id), 
	FOREIGN KEY(account_id) REFERENCES account (account_id), 
	FOREIGN KEY(batch_id) REFERENCES batch (batch_id)
);
INSERT INTO "event" VALUES('0543fef001a241aea3897f09db6027ee-0-1','0543fc2001a23d66f576a7e3f0e304ed','0543fef001a241aea3897f09db6027ee',0,'job.done',1795384680218,NULL);
INSERT INTO "event" VALUES('0543fef001a241aea3897f09db6027ee-batch-1','0543fc2001a23d66f576a7e3f0e304ed','0543fef001a241aea3897f09db6027ee',NULL,'batch.completed',1795384680218,NULL);
CREATE TABLE executor (
	executor_id VARCHAR(200) NOT NULL, 
	application_version VARCHAR(32) NOT NULL, 
	seen_at_s FLOAT NOT NULL, 
	PRIMARY KEY (executor_id)
);
INSERT INTO "executor" VALUES('vm-0','1',1.79538467704499053951e+09);
CREATE TABLE job (
	job_id VARCHAR(32) NOT NULL, 
	batch_id VARCHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	file_name TEXT NOT NULL, 
	source_url TEXT NOT NULL, 
	md5 VARCHAR(64) NOT NULL, 
	video_id VARCHAR(32) NOT NULL, 
	directory VARCHAR(32) NOT NULL, 
	attempt INTEGER NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	stage_at_ms BIGINT NOT NULL, 
	pull_status SMALLINT NOT NULL, 
	cmd_status SMALLINT NOT NULL, 
	failure JSON, 
	asset JSON, 
	decisions JSON NOT NULL, 
	bytes_done BIGINT NOT NULL, 
	bytes_total BIGINT, 
	percent FLOAT NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	finished_at_ms BIGINT, 
	deleted_at_ms BIGINT, 
	stored_bytes BIGINT NOT NULL, 
	archived_attempt INTEGER NOT NULL, 
	PRIMARY KEY (job_id), 
	FOREIGN KEY(batch_id) REFERENCES batch (batch_id)
);
INSERT INTO "job" VALUES('0543fef001a2c8c50b4f7d6d0be8c672','0543fef001a241aea3897f09db6027ee',0,'sample_h264_aac.flv','http://origin.invalid/sample_h264_aac.flv','','0543fef001a2173f7dbec131a63eee79','0543fef001a277b07fa7e14051a687bd',1,'done',1795384680216,2,2,NULL,'{"video_id": "0543fef001a2173f7dbec131a63eee79", "duration_s": 1.0899999999999999, "files": [{"clarity": 1, "server_type": -1, "width_px": 1080, "height_px": 720, "bitrate_bps": 740536, "size_bytes": 100898, "key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"}, {"clarity": 2, "server_type": 0, "width_px": 540, "height_px": 360, "bitrate_bps": 273149, "size_bytes": 267, "key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-01.m3u8"}, {"clarity": 3, "server_type": 0, "width_px": 720, "height_px": 480, "bitrate_bps": 339724, "size_bytes": 267, "key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-02.m3u8"}, {"clarity": 4, "server_type": 0, "width_px": 1080, "height_px": 720, "bitrate_bps": 611091, "size_bytes": 267, "key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-03.m3u8"}], "md5": "213a6db14e1f0474e92fcb61e3a7bb93", "sha256": "b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5", "playlist_key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.m3u8", "poster_key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.jpg", "storyboard_key": "pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-storyboard.vtt"}','[{"clarity": 5, "name": "FHD", "chosen": false, "reason": "the source is 1080x720: its short side is below 1080, and nothing is enlarged", "max_bitrate_bps": 5000000}, {"clarity": 4, "name": "HD", "chosen": true, "reason": "the source is 1080x720: its short side reaches 720", "max_bitrate_bps": 2800000}, {"clarity": 3, "name": "SD", "chosen": true, "reason": "the source is 1080x720: its short side reaches 480", "max_bitrate_bps": 1400000}, {"clarity": 2, "name": "LD", "chosen": true, "reason": "the source is 1080x720: its short side reaches 360", "max_bitrate_bps": 800000}]',100898,100898,100.0,1795384671984,1795384680216,NULL,0,0);
INSERT INTO "job" VALUES('05441f2b01a299cf4cf237618e2e13d2','05441f2b01a2ae5ce6adfe61d7081996',0,'throttled','http://origin.invalid/throttled?file=sample_h264_aac.flv&rate=20000','','05441f2b01a2ddb012df6fa72da03611','05441f2b01a209df79f91c9c4dfba533',1,'fetch',1795384680675,1,1,NULL,NULL,'[]',0,100898,0.0,1795384680235,NULL,NULL,0,0);
INSERT INTO "job" VALUES('05441f2b01a2f34f5fe71083cd79bc01','05441f2b01a2ae5ce6adfe61d7081996',1,'sample_h264_aac.flv','http://origin.invalid/sample_h264_aac.flv?waiting','','05441f2b01a200d45254e6854c7da01f','05441f2b01a2b2400985b3e056daa4db',1,'waiting',1795384680235,1,1,NULL,NULL,'[]',0,NULL,0.0,1795384680235,NULL,NULL,0,0);
CREATE TABLE job_stage (
	job_id VARCHAR(32) NOT NULL, 
	attempt INTEGER NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (job_id, attempt, stage), 
	FOREIGN KEY(job_id) REFERENCES job (job_id)
);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'fetch',1795384672808);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'probe',1795384672833);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'store',1795384673305);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'encode',1795384673859);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'package',1795384677435);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'publish',1795384679979);
INSERT INTO "job_stage" VALUES('0543fef001a2c8c50b4f7d6d0be8c672',1,'done',1795384680217);
INSERT INTO "job_stage" VALUES('05441f2b01a299cf4cf237618e2e13d2',1,'fetch',1795384680675);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('batch-0543fef001a241aea3897f09db6027ee',1,'ingest',NULL,NULL,'ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',1795384672107,1795384672108,NULL,'vodpull',1795384672000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',1,'fetch',NULL,NULL,'fetch-0543fef001a2c8c50b4f7d6d0be8c672-1',1795384672222,1795384672223,NULL,'vodpull',1795384672000);
INSERT INTO "operation_outputs" VALUES('fetch-0543fef001a2c8c50b4f7d6d0be8c672-1',1,'fetch','{"encode":true,"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"","poster_key":"","storyboard_key":""},"info":{"container":"flv","duration_s":1.0899999999999999,"size_bytes":100898,"bitrate_bps":740536,"start_time_s":0.067,"video":{"index":0,"codec":"h264","profile":"High","width_px":1080,"height_px":720,"sample_aspect":[1,1],"rotation_deg":0,"display_width_px":1080,"display_height_px":720,"frame_rate":29.989658738366078,"nominal_frame_rate":30.0,"pix_fmt":"yuv420p","bit_depth":8,"color_transfer":null,"color_primaries":null,"color_space":null,"color_range":null,"interlaced":false,"start_s":0.067,"duration_s":0.968,"frames":null,"codec_string":"avc1.640034"},"audio":[{"index":1,"codec":"aac","profile":"LC","channels":1,"sample_rate_hz":44100,"language":null,"start_s":0.112,"duration_s":1.0449999999999997,"codec_string":"mp4a.40.2"}]}}',NULL,NULL,1795384672797,1795384673319,'portable_json','vodpull',1795384673000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',2,'DBOS.getResult','{"encode":true,"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"","poster_key":"","storyboard_key":""},"info":{"container":"flv","duration_s":1.0899999999999999,"size_bytes":100898,"bitrate_bps":740536,"start_time_s":0.067,"video":{"index":0,"codec":"h264","profile":"High","width_px":1080,"height_px":720,"sample_aspect":[1,1],"rotation_deg":0,"display_width_px":1080,"display_height_px":720,"frame_rate":29.989658738366078,"nominal_frame_rate":30.0,"pix_fmt":"yuv420p","bit_depth":8,"color_transfer":null,"color_primaries":null,"color_space":null,"color_range":null,"interlaced":false,"start_s":0.067,"duration_s":0.968,"frames":null,"codec_string":"avc1.640034"},"audio":[{"index":1,"codec":"aac","profile":"LC","channels":1,"sample_rate_hz":44100,"language":null,"start_s":0.112,"duration_s":1.0449999999999997,"codec_string":"mp4a.40.2"}]}}',NULL,'fetch-0543fef001a2c8c50b4f7d6d0be8c672-1',1795384672225,1795384673492,'portable_json','vodpull',1795384673000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',3,'plan','{"chunks":1}',NULL,NULL,1795384673497,1795384673506,'portable_json','vodpull',1795384673000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',4,'encode',NULL,NULL,'encode-0543fef001a2c8c50b4f7d6d0be8c672-1',1795384673539,1795384673540,NULL,'vodpull',1795384673000);
INSERT INTO "operation_outputs" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1',1,'encode','{}',NULL,NULL,1795384673857,1795384677424,'portable_json','vodpull',1795384677000);
INSERT INTO "operation_outputs" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1',2,'package','{}',NULL,NULL,1795384677431,1795384679975,'portable_json','vodpull',1795384679000);
INSERT INTO "operation_outputs" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1',3,'publish','{"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"},{"clarity":2,"server_type":0,"width_px":540,"height_px":360,"bitrate_bps":273149,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-01.m3u8"},{"clarity":3,"server_type":0,"width_px":720,"height_px":480,"bitrate_bps":339724,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-02.m3u8"},{"clarity":4,"server_type":0,"width_px":1080,"height_px":720,"bitrate_bps":611091,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-03.m3u8"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.m3u8","poster_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.jpg","storyboard_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-storyboard.vtt"}}',NULL,NULL,1795384679977,1795384679988,'portable_json','vodpull',1795384679000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',5,'DBOS.getResult','{"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"},{"clarity":2,"server_type":0,"width_px":540,"height_px":360,"bitrate_bps":273149,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-01.m3u8"},{"clarity":3,"server_type":0,"width_px":720,"height_px":480,"bitrate_bps":339724,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-02.m3u8"},{"clarity":4,"server_type":0,"width_px":1080,"height_px":720,"bitrate_bps":611091,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-03.m3u8"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.m3u8","poster_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.jpg","storyboard_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-storyboard.vtt"}}',NULL,'encode-0543fef001a2c8c50b4f7d6d0be8c672-1',1795384673545,1795384680212,'portable_json','vodpull',1795384680000);
INSERT INTO "operation_outputs" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1',6,'finish','null',NULL,NULL,1795384680214,1795384680279,'portable_json','vodpull',1795384680000);
INSERT INTO "operation_outputs" VALUES('batch-05441f2b01a2ae5ce6adfe61d7081996',1,'ingest',NULL,NULL,'ingest-05441f2b01a299cf4cf237618e2e13d2-1',1795384680489,1795384680490,NULL,'vodpull',1795384680000);
INSERT INTO "operation_outputs" VALUES('batch-05441f2b01a2ae5ce6adfe61d7081996',2,'ingest',NULL,NULL,'ingest-05441f2b01a2f34f5fe71083cd79bc01-1',1795384680496,1795384680496,NULL,'vodpull',1795384680000);
INSERT INTO "operation_outputs" VALUES('ingest-05441f2b01a299cf4cf237618e2e13d2-1',1,'fetch',NULL,NULL,'fetch-05441f2b01a299cf4cf237618e2e13d2-1',1795384680580,1795384680581,NULL,'vodpull',1795384680000);
INSERT INTO "operation_outputs" VALUES('ingest-05441f2b01a2f34f5fe71083cd79bc01-1',1,'fetch',NULL,NULL,'fetch-05441f2b01a2f34f5fe71083cd79bc01-1',1795384680583,1795384680585,NULL,'vodpull',1795384680000);
CREATE TABLE operator (
	name VARCHAR(32) NOT NULL, 
	password_hash TEXT NOT NULL, 
	changed_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE operator_token (
	token_hash VARCHAR(64) NOT NULL, 
	purpose VARCHAR(16) NOT NULL, 
	expires_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (token_hash)
);
INSERT INTO "operator_token" VALUES('e0d4e7149b7855f39d1a6deaefb268760d4e8191903785f65762a747fa121bba','setup',1795386467169);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('2420763A02E4BD0D7B27D1E18646EBC8','batches',NULL,NULL,NULL,NULL,1,1,1.0,1795384667000,1795384667019,'vodpull',NULL,100000,NULL,NULL);
INSERT INTO "queues" VALUES('2DF03DF5436554C120AA3FACE067E58D','jobs',NULL,NULL,NULL,NULL,1,1,1.0,1795384667000,1795384667024,'vodpull',NULL,100000,NULL,NULL);
INSERT INTO "queues" VALUES('369B2CA75C94DD7B0A2660744689AC0D','fetch',NULL,NULL,NULL,NULL,1,1,1.0,1795384667000,1795384667026,'vodpull',NULL,100000,NULL,NULL);
INSERT INTO "queues" VALUES('071C973C5278E43FCEC99F9E8985D1B1','encode',NULL,NULL,NULL,NULL,1,1,1.0,1795384667000,1795384667027,'vodpull',NULL,100000,NULL,NULL);
INSERT INTO "queues" VALUES('98F79171DF3FB9C9C5DF590763B95563','notify',NULL,NULL,NULL,NULL,1,1,1.0,1795384667000,1795384667032,'vodpull',NULL,100000,NULL,NULL);
CREATE TABLE remembered_request (
	request_id VARCHAR(64) NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	batch_id VARCHAR(32) NOT NULL, 
	at_s FLOAT NOT NULL, 
	PRIMARY KEY (request_id)
);
INSERT INTO "remembered_request" VALUES('b37745bb6c2f2139975d8fb576515a1d4f18979a6d6f726bd8440a9b412fd3fe','a0b5cfb0c43a029404c6f321ed0313e3728a8162c8bcf31923b1d81450d03ab2','0543fef001a241aea3897f09db6027ee',1.79538467198490619657e+09);
INSERT INTO "remembered_request" VALUES('203b10f622ae3a0e86d0014dfc4a67ed748e55a22477859617d21215abfc071e','a45c8d1511c2d783f76ecf66dd80d59b46f9482e791bbb8e9b9fce8460a1a5bc','05441f2b01a2ae5ce6adfe61d7081996',1.79538468023583579064e+09);
CREATE TABLE removal (
	directory VARCHAR(32) NOT NULL, 
	batch_id VARCHAR(32) NOT NULL, 
	created_at_ms BIGINT NOT NULL, 
	asked_at_ms BIGINT NOT NULL, 
	due_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (directory), 
	FOREIGN KEY(batch_id) REFERENCES batch (batch_id)
);
CREATE TABLE silenced_url (
	account_id VARCHAR(32) NOT NULL, 
	url_hash VARCHAR(64) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (account_id, url_hash), 
	FOREIGN KEY(account_id) REFERENCES account (account_id)
);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('batch-0543fef001a241aea3897f09db6027ee','{"namedArgs":{},"positionalArgs":[{"owner":{"account_id":"0543fc2001a23d66f576a7e3f0e304ed","priority":100},"job_ids":["0543fef001a2c8c50b4f7d6d0be8c672"]}]}',1795384671000);
INSERT INTO "workflow_input" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1','{"namedArgs":{},"positionalArgs":[{"owner":{"account_id":"0543fc2001a23d66f576a7e3f0e304ed","priority":100},"job_id":"0543fef001a2c8c50b4f7d6d0be8c672","attempt":1}]}',1795384672000);
INSERT INTO "workflow_input" VALUES('fetch-0543fef001a2c8c50b4f7d6d0be8c672-1','{"namedArgs":{},"positionalArgs":[{"job_id":"0543fef001a2c8c50b4f7d6d0be8c672","attempt":1}]}',1795384672000);
INSERT INTO "workflow_input" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1','{"namedArgs":{},"positionalArgs":[{"job_id":"0543fef001a2c8c50b4f7d6d0be8c672","attempt":1,"info":{"container":"flv","duration_s":1.0899999999999999,"size_bytes":100898,"bitrate_bps":740536,"start_time_s":0.067,"video":{"index":0,"codec":"h264","profile":"High","width_px":1080,"height_px":720,"sample_aspect":[1,1],"rotation_deg":0,"display_width_px":1080,"display_height_px":720,"frame_rate":29.989658738366078,"nominal_frame_rate":30.0,"pix_fmt":"yuv420p","bit_depth":8,"color_transfer":null,"color_primaries":null,"color_space":null,"color_range":null,"interlaced":false,"start_s":0.067,"duration_s":0.968,"frames":null,"codec_string":"avc1.640034"},"audio":[{"index":1,"codec":"aac","profile":"LC","channels":1,"sample_rate_hz":44100,"language":null,"start_s":0.112,"duration_s":1.0449999999999997,"codec_string":"mp4a.40.2"}]}}]}',1795384673000);
INSERT INTO "workflow_input" VALUES('batch-05441f2b01a2ae5ce6adfe61d7081996','{"namedArgs":{},"positionalArgs":[{"owner":{"account_id":"0543fc2001a23d66f576a7e3f0e304ed","priority":100},"job_ids":["05441f2b01a299cf4cf237618e2e13d2","05441f2b01a2f34f5fe71083cd79bc01"]}]}',1795384680000);
INSERT INTO "workflow_input" VALUES('ingest-05441f2b01a299cf4cf237618e2e13d2-1','{"namedArgs":{},"positionalArgs":[{"owner":{"account_id":"0543fc2001a23d66f576a7e3f0e304ed","priority":100},"job_id":"05441f2b01a299cf4cf237618e2e13d2","attempt":1}]}',1795384680000);
INSERT INTO "workflow_input" VALUES('ingest-05441f2b01a2f34f5fe71083cd79bc01-1','{"namedArgs":{},"positionalArgs":[{"owner":{"account_id":"0543fc2001a23d66f576a7e3f0e304ed","priority":100},"job_id":"05441f2b01a2f34f5fe71083cd79bc01","attempt":1}]}',1795384680000);
INSERT INTO "workflow_input" VALUES('fetch-05441f2b01a299cf4cf237618e2e13d2-1','{"namedArgs":{},"positionalArgs":[{"job_id":"05441f2b01a299cf4cf237618e2e13d2","attempt":1}]}',1795384680000);
INSERT INTO "workflow_input" VALUES('fetch-05441f2b01a2f34f5fe71083cd79bc01-1','{"namedArgs":{},"positionalArgs":[{"job_id":"05441f2b01a2f34f5fe71083cd79bc01","attempt":1}]}',1795384680000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('batch-0543fef001a241aea3897f09db6027ee','null',NULL,1795384672000);
INSERT INTO "workflow_output" VALUES('fetch-0543fef001a2c8c50b4f7d6d0be8c672-1','{"encode":true,"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"","poster_key":"","storyboard_key":""},"info":{"container":"flv","duration_s":1.0899999999999999,"size_bytes":100898,"bitrate_bps":740536,"start_time_s":0.067,"video":{"index":0,"codec":"h264","profile":"High","width_px":1080,"height_px":720,"sample_aspect":[1,1],"rotation_deg":0,"display_width_px":1080,"display_height_px":720,"frame_rate":29.989658738366078,"nominal_frame_rate":30.0,"pix_fmt":"yuv420p","bit_depth":8,"color_transfer":null,"color_primaries":null,"color_space":null,"color_range":null,"interlaced":false,"start_s":0.067,"duration_s":0.968,"frames":null,"codec_string":"avc1.640034"},"audio":[{"index":1,"codec":"aac","profile":"LC","channels":1,"sample_rate_hz":44100,"language":null,"start_s":0.112,"duration_s":1.0449999999999997,"codec_string":"mp4a.40.2"}]}}',NULL,1795384673000);
INSERT INTO "workflow_output" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1','{"asset":{"video_id":"0543fef001a2173f7dbec131a63eee79","duration_s":1.0899999999999999,"files":[{"clarity":1,"server_type":-1,"width_px":1080,"height_px":720,"bitrate_bps":740536,"size_bytes":100898,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/sample_h264_aac.flv"},{"clarity":2,"server_type":0,"width_px":540,"height_px":360,"bitrate_bps":273149,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-01.m3u8"},{"clarity":3,"server_type":0,"width_px":720,"height_px":480,"bitrate_bps":339724,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-02.m3u8"},{"clarity":4,"server_type":0,"width_px":1080,"height_px":720,"bitrate_bps":611091,"size_bytes":267,"key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-03.m3u8"}],"md5":"213a6db14e1f0474e92fcb61e3a7bb93","sha256":"b402320ccb61b62e5c7eba6eba82f7d0b52190c716af17d49ea3890052a7e1a5","playlist_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.m3u8","poster_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79.jpg","storyboard_key":"pullvideo/202611/0543fef001a277b07fa7e14051a687bd/0543fef001a2173f7dbec131a63eee79-storyboard.vtt"}}',NULL,1795384680000);
INSERT INTO "workflow_output" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1','null',NULL,1795384680000);
INSERT INTO "workflow_output" VALUES('batch-05441f2b01a2ae5ce6adfe61d7081996','null',NULL,1795384680000);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('batch-0543fef001a241aea3897f09db6027ee','SUCCESS','batch',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384671000,1795384672000,'1',NULL,NULL,NULL,1,'batches',NULL,NULL,NULL,1795384672000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,NULL,'portable_json',NULL,0,0,1795384672000,'null',NULL,NULL,0,'vodpull','28b8b1e8-affe-4d5f-8c4e-0d4dd7787c3d');
INSERT INTO "workflow_status" VALUES('ingest-0543fef001a2c8c50b4f7d6d0be8c672-1','SUCCESS','ingest',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384672000,1795384680000,'1','',NULL,NULL,1,'jobs',NULL,NULL,NULL,1795384672000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,'batch-0543fef001a241aea3897f09db6027ee','portable_json',NULL,0,0,1795384680000,'null',NULL,NULL,0,'vodpull','0614e76c-bc9d-42aa-b6b0-260dda6658a9');
INSERT INTO "workflow_status" VALUES('fetch-0543fef001a2c8c50b4f7d6d0be8c672-1','SUCCESS','fetch',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384672000,1795384673000,'1','',NULL,NULL,1,'fetch',NULL,NULL,NULL,1795384672000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,'ingest-0543fef001a2c8c50b4f7d6d0be8c672-1','portable_json',NULL,0,0,1795384673000,'null',NULL,NULL,0,'vodpull','046d6044-6ed7-4abe-b292-71f6718a077d');
INSERT INTO "workflow_status" VALUES('encode-0543fef001a2c8c50b4f7d6d0be8c672-1','SUCCESS','encode',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384673000,1795384680000,'1','',NULL,NULL,1,'encode',NULL,NULL,NULL,1795384673000,NULL,199,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,'ingest-0543fef001a2c8c50b4f7d6d0be8c672-1','portable_json',NULL,0,0,1795384680000,'null',NULL,NULL,0,'vodpull','29f0ac5f-e700-4284-9c7e-e5d3afd4066b');
INSERT INTO "workflow_status" VALUES('batch-05441f2b01a2ae5ce6adfe61d7081996','SUCCESS','batch',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384680000,1795384680000,'1',NULL,NULL,NULL,1,'batches',NULL,NULL,NULL,1795384680000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,NULL,'portable_json',NULL,0,0,1795384680000,'null',NULL,NULL,0,'vodpull','b68dee8f-daaf-43a3-8090-5a52843a263e');
INSERT INTO "workflow_status" VALUES('ingest-05441f2b01a299cf4cf237618e2e13d2-1','PENDING','ingest',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384680000,1795384680000,'1','',NULL,NULL,1,'jobs',NULL,NULL,NULL,1795384680000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,'8d57041b-9a62-4b4b-becd-8e9d3442259c','batch-05441f2b01a2ae5ce6adfe61d7081996','portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'vodpull','13fe866d-82e4-461f-8372-09135e009631');
INSERT INTO "workflow_status" VALUES('ingest-05441f2b01a2f34f5fe71083cd79bc01-1','PENDING','ingest',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384680000,1795384680000,'1','',NULL,NULL,1,'jobs',NULL,NULL,NULL,1795384680000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,'8d57041b-9a62-4b4b-becd-8e9d3442259c','batch-05441f2b01a2ae5ce6adfe61d7081996','portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'vodpull','bc8611f4-74a8-4845-86a7-448ff567b72f');
INSERT INTO "workflow_status" VALUES('fetch-05441f2b01a299cf4cf237618e2e13d2-1','PENDING','fetch',NULL,NULL,NULL,NULL,NULL,NULL,'vm-0',1795384680000,1795384680000,'1','',NULL,NULL,1,'fetch',NULL,NULL,NULL,1795384680000,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,'cda8f0b9-83a6-4023-89fb-dc43f709c70a','ingest-05441f2b01a299cf4cf237618e2e13d2-1','portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'vodpull','10017a74-0d85-46fd-bf04-7f18475bd55f');
INSERT INTO "workflow_status" VALUES('fetch-05441f2b01a2f34f5fe71083cd79bc01-1','ENQUEUED','fetch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795384680000,1795384680000,'1','',NULL,NULL,0,'fetch',NULL,NULL,NULL,NULL,NULL,200,'0543fc2001a23d66f576a7e3f0e304ed',NULL,NULL,'ingest-05441f2b01a2f34f5fe71083cd79bc01-1','portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'vodpull','df62bdc2-10e4-4a23-a734-02cdeceece10');
CREATE INDEX ix_batch_account_trans_no ON batch (account_id, trans_no);
CREATE INDEX ix_batch_account_created ON batch (account_id, created_at_ms, batch_id);
CREATE INDEX ix_batch_created ON batch (created_at_ms, batch_id);
CREATE INDEX ix_batch_finished ON batch (finished_at_ms);
CREATE INDEX ix_remembered_request_at ON remembered_request (at_s);
CREATE UNIQUE INDEX ix_job_batch_position ON job (batch_id, position);
CREATE UNIQUE INDEX ix_job_directory ON job (directory);
CREATE INDEX ix_job_stage ON job (stage);
CREATE INDEX ix_job_unarchived ON job (finished_at_ms) WHERE archived_attempt < attempt;
CREATE INDEX ix_removal_due ON removal (due_at_ms);
CREATE INDEX ix_removal_batch ON removal (batch_id);
CREATE INDEX ix_event_account ON event (account_id, acked_at_ms, created_at_ms);
CREATE INDEX ix_delivery_batch_position ON delivery (batch_id, position);
CREATE INDEX ix_delivery_state ON delivery (state, created_at_ms);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
